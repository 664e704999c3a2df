using Iskandar.Protocol.Connections;

namespace Iskandar.Tests.Protocol.Connections;

public sealed class OptionalMessageListTests
{
    [Theory]
    [InlineData(null, OptionalMessages.None)]
    [InlineData("", OptionalMessages.None)]
    [InlineData(",", OptionalMessages.None)]
    [InlineData("cancel", OptionalMessages.Cancel)]
    [InlineData("credit", OptionalMessages.Credit)]
    [InlineData("cancel, credit", OptionalMessages.Cancel | OptionalMessages.Credit)]
    [InlineData("credit,cancel", OptionalMessages.Cancel | OptionalMessages.Credit)]
    [InlineData(" \tcancel\t ,, credit ", OptionalMessages.Cancel | OptionalMessages.Credit)]
    [InlineData("upgrade, cancel, trailers;q=1", OptionalMessages.Cancel)]
    [InlineData("cancel credit", OptionalMessages.None)]
    [InlineData("cancelled", OptionalMessages.None)]
    public void Parse_List_KnownNamesTaken(string? value, OptionalMessages expected) => Assert.Equal(expected, OptionalMessageList.Parse(value));

    [Fact]
    public void All_Parsed_IsEveryOptionalMessage() =>
        Assert.Equal(Enum.GetValues<OptionalMessages>().Aggregate(static (all, each) => all | each), OptionalMessageList.Parse(OptionalMessageList.All));
}
