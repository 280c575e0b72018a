using AttentionML.Serving.Repository;

namespace AttentionML.Serving.Tests.Repository;

public class TextFormatTests
{
    [Fact]
    public void Parse_EveryForm_GivesTheFieldsInOrder()
    {
        var message = TextFormat.Parse("""
            # a comment
            name: "a" 'b'   # strings side by side
            inner { x: 1, y: -2; }
            inner: < z: TRUE >
            list: [1, 2,3]
            empty: []
            inners [ { v: 1.5e-3 }, { v: inf } ]
            escaped: "\n\x41\101\u00e9\\"
            """);

        Assert.Equal(
            ["name", "inner", "inner", "list", "list", "list", "empty", "inners", "inners", "escaped"],
            message.Fields.Select(field => field.Name));
        Assert.Equal("ab", message.Fields[0].Scalar!.Text);
        Assert.Equal("-2", message.Fields[1].Message!.Fields[1].Scalar!.Text);
        Assert.False(message.Fields[6].HasValue);
        Assert.Equal("1.5e-3", message.Fields[7].Message!.Fields[0].Scalar!.Text);
        Assert.Equal("\nAAé\\", message.Fields[9].Scalar!.Text);
    }

    [Theory]
    [InlineData("name \"x\"", "1:6: Expected ':' or '{'")]
    [InlineData("a: 1\n  b {", "2:6: The text ends inside the message that opens at 2:5")]
    [InlineData("a: 1\nb: \"x", "2:4: The string that opens here does not end")]
    [InlineData("a: [1 2]", "1:7: Expected ',' or ']'")]
    [InlineData("a: }", "1:4: Expected a value for 'a', found '}'")]
    [InlineData("}", "1:1: Expected the name of a field, found '}'")]
    [InlineData("a: @", "1:4: '@' (U+0040)")]
    [InlineData("a: \"\\q\"", "1:5: Unknown escape")]
    [InlineData("a: \"\\uD800\"", "1:5: U+D800 is no character")]
    [InlineData("a: \"\\xff\"", "1:4: The string's escapes are not UTF-8")]
    [InlineData("a { b > }", "1:7: Expected ':' or '{'")]
    public void Parse_WhatIsNotInTheFormat_SaysWhereAndWhy(string text, string expected)
    {
        var error = Assert.Throws<TextFormatException>(() => TextFormat.Parse(text));

        Assert.StartsWith(expected, error.Message);
    }

    [Fact]
    public void Parse_DeepNesting_IsRefusedAndDoesNotOverflowTheStack()
    {
        var error = Assert.Throws<TextFormatException>(() => TextFormat.Parse(string.Concat(Enumerable.Repeat("a{", 100_000))));

        Assert.Contains("nested more than 64 deep", error.Message);
    }
}
