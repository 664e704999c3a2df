using Iskandar.Protocol.Link;

namespace Iskandar.Tests.Protocol.Link;

public sealed class ResumeSecretsTests
{
    private readonly ResumeSecrets _secrets = new();

    [Fact]
    public void Offer_Each_AnotherAndWithoutPadding()
    {
        var offered = Enumerable.Range(0, 100).Select(_ => _secrets.Offer()).ToArray();

        Assert.Equal(offered.Length, offered.Distinct().Count());
        Assert.All(offered, static secret => Assert.Matches("^[A-Za-z0-9_-]{22}$", secret));
    }

    [Fact]
    public void Offered_NotConfirmed_TheOneBeforeIsGoodAsWell()
    {
        var first = _secrets.Offer();
        _secrets.Confirm();
        var second = _secrets.Offer();

        Assert.True(_secrets.IsValid(first));
        Assert.True(_secrets.IsValid(second));
    }

    [Fact]
    public void Confirmed_TheOneBefore_Void()
    {
        var first = _secrets.Offer();
        _secrets.Confirm();
        var second = _secrets.Offer();
        _secrets.Confirm();

        Assert.False(_secrets.IsValid(first));
        Assert.False(_secrets.TryUse(first));
        Assert.True(_secrets.TryUse(second));
    }

    [Fact]
    public void Offered_Shown_TheOneBeforeIsVoid()
    {
        var first = _secrets.Offer();
        _secrets.Confirm();
        var second = _secrets.Offer();

        Assert.True(_secrets.TryUse(second));

        Assert.False(_secrets.TryUse(first));
        Assert.True(_secrets.TryUse(second));
    }

    [Fact]
    public void Offered_OneAfterTheOtherWithoutAWord_WhicheverHasArrivedIsGood()
    {
        var first = _secrets.Offer();
        _secrets.Confirm();
        var second = _secrets.Offer();

        // Somebody has shown the first one again: an attempt that took long, after the one that has arrived.
        Assert.True(_secrets.TryUse(first));
        var third = _secrets.Offer();

        Assert.True(_secrets.IsValid(first));
        Assert.True(_secrets.IsValid(third));
        Assert.True(_secrets.TryUse(second));
        Assert.False(_secrets.IsValid(first));
    }

    [Fact]
    public void Confirm_ManyWereOffered_OnlyTheLastIsGood()
    {
        var offered = Enumerable.Range(0, 5).Select(_ => _secrets.Offer()).ToArray();

        _secrets.Confirm();

        Assert.All(offered[..^1], secret => Assert.False(_secrets.IsValid(secret)));
        Assert.True(_secrets.IsValid(offered[^1]));
    }

    [Fact]
    public void Offer_OverAndOver_NotKeptWithoutEndAndTheConfirmedOneStays()
    {
        var confirmed = _secrets.Offer();
        _secrets.Confirm();
        var offered = Enumerable.Range(0, 1_000).Select(_ => _secrets.Offer()).ToArray();

        Assert.InRange(offered.Count(secret => _secrets.IsValid(secret)), 1, 10);
        Assert.True(_secrets.IsValid(offered[^1]));
        Assert.True(_secrets.IsValid(confirmed));
    }

    [Fact]
    public void Confirm_NothingWasOffered_NothingIsGood()
    {
        _secrets.Confirm();

        Assert.False(_secrets.IsValid(""));
        Assert.False(_secrets.IsValid(new string('A', 22)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAB")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("++++++++++++++++++++++")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA \n")]
    [InlineData("                      ")]
    [InlineData("\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9\u00E9")]
    public void Malformed_Refused(string secret)
    {
        _secrets.Offer();
        _secrets.Confirm();
        _secrets.Offer();

        Assert.False(_secrets.IsValid(secret));
        Assert.False(_secrets.TryUse(secret));
    }

    [Fact]
    public void Longer_TheRightOneIsPartOfIt_Refused()
    {
        var secret = _secrets.Offer();

        Assert.False(_secrets.TryUse(secret + "A"));
        Assert.False(_secrets.TryUse(secret + "=="));
        Assert.False(_secrets.TryUse(" " + secret));
        Assert.False(_secrets.TryUse(secret + new string('A', 100_000)));
        Assert.False(_secrets.TryUse(secret.AsSpan(0, secret.Length - 1)));
        Assert.True(_secrets.TryUse(secret));
    }

    [Fact]
    public void AnyCharacter_Changed_Refused()
    {
        var secret = _secrets.Offer();
        for (var i = 0; i < secret.Length; i++)
        {
            var forged = secret.ToCharArray();
            forged[i] = forged[i] == 'Q' ? 'g' : 'Q';

            Assert.False(_secrets.TryUse(forged), $"At {i}.");
        }
    }
}
