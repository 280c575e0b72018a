Console.WriteLine("AttentionML");
