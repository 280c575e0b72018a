namespace AttentionML.Tensors;

internal static class ShapeExtensions
{
    extension(ReadOnlySpan<long> shape)
    {
        /// <summary>The number of elements.</summary>
        public long Product()
        {
            long product = 1;
            foreach (var size in shape)
            {
                product = checked(product * size);
            }

            return product;
        }
    }
}
