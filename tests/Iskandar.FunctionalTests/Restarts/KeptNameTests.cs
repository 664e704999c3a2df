using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>The same URL after a restart of either side, and what becomes of a client whose name is another's.</summary>
public sealed class KeptNameTests : IAsyncLifetime
{
    private readonly StateFolder _state = new();
    private IskandarServer _server = null!;
    private TestOrigin _origin = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await IskandarServer.StartAsync(_state.ServerOptions);
        _origin = await TestOrigin.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _origin.DisposeAsync();
        _state.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Server_StartedAgain_TheClientIsSoonBackAtTheSameUrl(bool isKilled)
    {
        await using var client = await StartAsync(_state);
        var (url, lines) = (client.Url, client.Process.Output.Lines.Count);
        if (isKilled)
        {
            await _server.KillAsync();
        }
        else
        {
            _server.Process.Terminate();
            Assert.Equal(0, await _server.Process.ExitAsync());
        }

        await _server.StartAgainAsync();

        await client.OnlineAgainAsync(lines).WithinAsync("the client comes back", 8);
        Assert.Equal(url, client.Url);
        await ServesAsync(client);
    }

    [Fact]
    public async Task Client_StartedAgainAfterTheServer_HasTheSameUrlUnlessItWantsAnother()
    {
        var first = await UrlOfARunAsync();
        await _server.StartAgainAsync();
        var second = await UrlOfARunAsync();
        var other = await UrlOfARunAsync("--new-name", "on");
        var last = await UrlOfARunAsync();

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
        Assert.Equal(other, last);
    }

    [Fact]
    public async Task Client_StartedAfterTheSecretChanged_SaysSoAndHasANewName()
    {
        var before = await UrlOfARunAsync();
        _state.ForgetSecret();
        await _server.StartAgainAsync();

        await using var client = await StartAsync(_state);

        Assert.NotEqual(before, client.Url);
        Assert.Contains(before.Host.Split('.')[0], client.Process.Errors.Text, StringComparison.Ordinal);
        await ServesAsync(client);
    }

    [Fact]
    public async Task Client_ComesBackAfterTheSecretChanged_EndsWith3()
    {
        await using var client = await StartAsync(_state);
        await _server.KillAsync();
        _state.ForgetSecret();
        await _server.StartAgainAsync();

        Assert.Equal(3, await client.Process.ExitAsync());
        Assert.Contains("the name isn't this client's any more", client.Process.Errors.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_AnotherTakesTheName_EndsWith3AndDoesNotFightBack()
    {
        await using var first = await StartAsync(_state);
        await Eventually.TrueAsync(() => Task.FromResult(_state.HasNames), "the name is kept");
        using var copied = _state.Copy();

        await using var second = await StartAsync(copied);

        Assert.Equal(first.Url, second.Url);
        Assert.Equal(3, await first.Process.ExitAsync());
        Assert.Contains($"Another client has taken the name {first.Name}", first.Process.Errors.Text, StringComparison.Ordinal);
        await ServesAsync(second);
        Assert.Single(second.Process.Output.Lines, static line => line.StartsWith("http", StringComparison.Ordinal));
        Assert.DoesNotContain("reconnecting", second.Process.Output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_AnotherTakesTheNameDuringARequest_FinishesItFirst()
    {
        await using var first = await StartAsync(_state);
        await Eventually.TrueAsync(() => Task.FromResult(_state.HasNames), "the name is kept");
        using var copied = _state.Copy();
        using var visit = await WaitingVisit.StartAsync(_server.Visitor, first.Url, _origin);

        await using var second = await StartAsync(copied);
        await ServesAsync(second);

        await visit.FinishAsync();
        Assert.Equal(3, await first.Process.ExitAsync());
    }

    private Task<IskandarClient> StartAsync(StateFolder state, params string[] options) =>
        IskandarClient.StartAsync(state.Environment, _server.Url, _origin.Authority, options);

    private async Task<Uri> UrlOfARunAsync(params string[] options)
    {
        await using var client = await StartAsync(_state, options);
        client.Process.Interrupt();
        Assert.Equal(0, await client.Process.ExitAsync());
        return client.Url;
    }

    private async Task ServesAsync(IskandarClient client)
    {
        using var response = await _server.Visitor.GetAsync(client.Url, Bounded.Token());
        await Expect.TextAsync(response, "origin");
    }
}
