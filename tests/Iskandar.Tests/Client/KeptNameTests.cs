using Iskandar.Client;

namespace Iskandar.Tests.Client;

public sealed class KeptNameTests
{
    [Fact]
    public void ToString_Any_DoesNotShowTheKey() => Assert.Equal("k3v9x2ab", new KeptName("k3v9x2ab", "secret").ToString());
}
