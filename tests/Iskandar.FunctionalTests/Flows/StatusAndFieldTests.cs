using System.Text;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Status codes and fields of responses, from origin to visitor.</summary>
public class StatusAndFieldTests(Stage stage)
{
    [Fact]
    public async Task Head_HasTheFieldsOfGetAndNoContent()
    {
        stage.Origin.Map("/headed", static context =>
        {
            context.Response.ContentLength = 12345;
            context.Response.Headers.ETag = "\"e\"";
            return Task.CompletedTask;
        });
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync("HEAD", "/headed", stage.Host);

        var response = await raw.ReadResponseAsync(isHead: true);

        Assert.Equal((200, "12345", "\"e\""), (response.Status, response.Head["Content-Length"], response.Head["ETag"]));
        await FollowedByAnotherAsync(raw);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public async Task StatusWithoutContent_FieldsArrive(int status)
    {
        stage.Origin.Map($"/empty-{status}", context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.ETag = "\"e\"";
            return Task.CompletedTask;
        });
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync("GET", $"/empty-{status}", stage.Host, "If-None-Match: \"e\"");

        var response = await raw.ReadResponseAsync();

        Assert.Equal((status, "\"e\""), (response.Status, response.Head["ETag"]));
        Assert.Null(response.Head["Transfer-Encoding"]);
        await FollowedByAnotherAsync(raw);
    }

    [Theory]
    [InlineData(201)]
    [InlineData(299)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(418)]
    [InlineData(421)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(599)]
    public async Task Status_OfTheOrigin_IsPassedOn(int status)
    {
        stage.Origin.Map($"/status-{status}", context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("the app's own", context.RequestAborted);
        });

        using var response = await stage.Visitor.GetAsync(stage.Url($"/status-{status}"), Bounded.Token());

        await Expect.TextAsync(response, "the app's own", (System.Net.HttpStatusCode)status);
        Assert.Null(Expect.ErrorCode(response));
    }

    [Fact]
    public async Task RepeatedFields_SetCookieApart_OthersComplete()
    {
        stage.Origin.Map("/fields", static context =>
        {
            context.Response.Headers["X-Many"] = new(["a", "b, c"]);
            context.Response.Headers.SetCookie = new(["a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT", "b=2"]);
            context.Response.Headers["X-Latin"] = "caf\u00e9";
            return Task.CompletedTask;
        });
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/fields", stage.Host);

        var head = (await raw.ReadResponseAsync()).Head;

        Assert.Equal(["a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT", "b=2"], head.All("Set-Cookie"));
        Assert.Equal("a, b, c", string.Join(", ", head.All("X-Many")));
        Assert.Equal("caf\u00e9", head["X-Latin"]);
    }

    [Fact]
    public async Task Redirect_IsPassedOnAndNotFollowed()
    {
        await using var elsewhere = await TestOrigin.StartAsync();
        stage.Origin.Map("/redirect", context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = $"http://{elsewhere.Authority}/target";
            return Task.CompletedTask;
        });

        using var response = await stage.Visitor.GetAsync(stage.Url("/redirect"), Bounded.Token());

        Assert.Equal((307, $"http://{elsewhere.Authority}/target"), ((int)response.StatusCode, response.Headers.Location?.OriginalString));
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task Cookie_SetByOneVisitor_IsNotSentForAnother()
    {
        stage.Origin.Map("/set", static context =>
        {
            context.Response.Headers.SetCookie = "secret=1; Path=/";
            return Task.CompletedTask;
        });
        stage.Origin.Map("/cookies", static context => context.Response.WriteAsync($"[{context.Request.Headers.Cookie}]", context.RequestAborted));
        using var setting = await stage.Visitor.GetAsync(stage.Url("/set"), Bounded.Token());

        using var response = await stage.Visitor.GetAsync(stage.Url("/cookies"), Bounded.Token());

        await Expect.TextAsync(response, "[]");
    }

    [Fact]
    public async Task IskandarError_OfTheOrigin_IsRemoved()
    {
        stage.Origin.Map("/forged", static context =>
        {
            context.Response.StatusCode = 502;
            context.Response.Headers["Iskandar-Error"] = "tunnel_lost";
            return context.Response.WriteAsync("forged", context.RequestAborted);
        });

        using var response = await stage.Visitor.GetAsync(stage.Url("/forged"), Bounded.Token());

        Assert.Equal((502, null), ((int)response.StatusCode, Expect.ErrorCode(response)));
    }

    [Fact]
    public async Task ConnectionNamedFields_OfTheOrigin_AreRemoved()
    {
        await using var origin = RawOrigin.Answering(
            "HTTP/1.1 200 OK\r\nConnection: close, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\nX-Public: 2\r\nContent-Length: 2\r\n\r\nhi");
        await using var client = await IskandarClient.StartAsync(stage.Server, origin.Port);
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);

        var response = await raw.ReadResponseAsync();

        Assert.Equal(("hi", "2"), (Encoding.ASCII.GetString(response.Body), response.Head["X-Public"]));
        Assert.All((string[])["X-Private", "Keep-Alive", "Proxy-Connection"], name => Assert.Null(response.Head[name]));
    }

    [Fact]
    public async Task ReasonPhrase_OfTheOrigin_DoesNotBreakAnything()
    {
        stage.Origin.Map("/reason", static context =>
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = "Quite Fine Thank You";
            return context.Response.WriteAsync("fine", context.RequestAborted);
        });

        using var response = await stage.Visitor.GetAsync(stage.Url("/reason"), Bounded.Token());

        await Expect.TextAsync(response, "fine");
    }

    /// <summary>The connection is in step: nothing of the last response is left on it.</summary>
    private async Task FollowedByAnotherAsync(RawVisitor raw)
    {
        await raw.SendRequestAsync("GET", "/another", stage.Host);
        Assert.Equal("origin", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
    }
}
