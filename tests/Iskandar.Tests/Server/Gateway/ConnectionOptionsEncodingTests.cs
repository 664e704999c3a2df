using System.Text;
using Iskandar.Server.Gateway;

namespace Iskandar.Tests.Server.Gateway;

public sealed class ConnectionOptionsEncodingTests
{
    [Theory]
    [InlineData("")]
    [InlineData("keep-alive")]
    [InlineData("close")]
    [InlineData("Upgrade, X-Hop")]
    [InlineData("keep-alive, X-Hop")]
    [InlineData("X-Hop,X-Other , close")]
    [InlineData("é")]
    public void Decode_AnyValue_EveryOtherOptionIsKept(string value)
    {
        var bytes = Encoding.Latin1.GetBytes(value);

        var text = ConnectionOptionsEncoding.Instance.GetString(bytes);

        Assert.Equal(Options(value), Options(text));
        Assert.Equal(text.Length, ConnectionOptionsEncoding.Instance.GetCharCount(bytes));
        Assert.True(text.Length <= ConnectionOptionsEncoding.Instance.GetMaxCharCount(bytes.Length));
    }

    private static string[] Options(string value) =>
        [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(static option => option != "keep-alive")];
}
