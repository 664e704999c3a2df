using Iskandar.Server.Configuration;
using Iskandar.Server.Tunnels;

namespace Iskandar.Tests.Server.Tunnels;

public sealed class NameKeysTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];

    private readonly NameKeys _keys = new(Secret);

    // Made by another implementation of HMAC.
    [Theory]
    [InlineData("k3v9x2ab", "WH8B4QzWx1atYkSHBtIKyg")]
    [InlineData("my-app", "2ZXU2kJ35smP6CRB7umh9g")]
    [InlineData("My-App", "2ZXU2kJ35smP6CRB7umh9g")]
    public void KeyFor_Name_FollowsFromTheSecret(string name, string expected)
    {
        Assert.Equal(expected, _keys.KeyFor(name));
        Assert.True(_keys.IsValid(name, expected));
        Assert.True(new NameKeys(Secret).IsValid(name, expected));
    }

    [Fact]
    public void IsValid_OtherNameOrSecret_Not()
    {
        var key = _keys.KeyFor("my-app");

        Assert.False(_keys.IsValid("my-apq", key));
        Assert.False(new NameKeys([.. Secret, 1]).IsValid("my-app", key));
    }

    [Fact]
    public void IsValid_EachCharacterChanged_Not()
    {
        var key = _keys.KeyFor("my-app");

        Assert.All(Enumerable.Range(0, key.Length), i => Assert.False(_keys.IsValid("my-app", $"{key[..i]}{(key[i] == 'A' ? 'B' : 'A')}{key[(i + 1)..]}")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2ZXU2kJ35smP6CRB7umh9")]
    [InlineData("2ZXU2kJ35smP6CRB7umh9g==")]
    [InlineData("2ZXU2kJ35smP6CRB7umh9gA")]
    [InlineData("2ZXU2kJ35smP6CRB7umh9h")] // The same 128 bits, in another spelling.
    [InlineData(" 2ZXU2kJ35smP6CRB7umh9g")]
    [InlineData("2ZXU2kJ35smP6CRB7umh9\u0167")] // The last character's lower byte is that of "g".
    [InlineData("\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000")]
    public void IsValid_Malformed_Not(string key) => Assert.False(_keys.IsValid("my-app", key));

    [Fact]
    public void IsValid_OverLong_NotAndNothingIsAllocated()
    {
        var (name, key) = (new string('a', 1_000_000), new string('A', 1_000_000));
        Assert.False(_keys.IsValid("my-app", key));
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.False(_keys.IsValid("my-app", key) || _keys.IsValid(name, key) || _keys.IsValid(name, key.AsSpan(0, 22)));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public void KeyFor_LongestName_OfAnyCharacters_HasAKey()
    {
        var name = new string('\u20ac', TunnelName.LongestLength);

        Assert.True(_keys.IsValid(name, _keys.KeyFor(name)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _keys.KeyFor(name + "a"));
    }

    [Fact]
    public void Create_NoSecret_OneOfItsOwn()
    {
        Assert.True(NameKeys.Create(new IskandarServerOptions { NameSecret = Secret }).IsValid("my-app", _keys.KeyFor("my-app")));

        var own = NameKeys.Create(new IskandarServerOptions());
        Assert.True(own.IsValid("my-app", own.KeyFor("my-app")));
        Assert.False(NameKeys.Create(new IskandarServerOptions()).IsValid("my-app", own.KeyFor("my-app")));
    }

    [Fact]
    public void Secret_TooShort_Throws() => Assert.Throws<ArgumentOutOfRangeException>(static () => new NameKeys(new byte[31]));
}
