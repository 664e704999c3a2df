using System.Text;
using System.Text.Json.Nodes;
using Iskandar.Protocol.Connections;
using Iskandar.Server.ErrorPages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.ErrorPages;

public sealed class ErrorPageTests
{
    private const string Html = "text/html; charset=utf-8";
    private const string Problem = "application/problem+json";
    private const string Text = "text/plain; charset=utf-8";

    public static TheoryData<ExchangeError> Errors =>
        [.. Enum.GetValues<ExchangeError>().Where(static error => error is not (ExchangeError.None or ExchangeError.Cancelled))];

    [Theory]
    [InlineData(null, Text)]
    [InlineData("", Text)]
    [InlineData("*/*", Text)]
    [InlineData("text/plain", Text)]
    [InlineData("image/png", Text)]
    [InlineData("not a media type", Text)]
    [InlineData("text/html", Html)]
    [InlineData("TEXT/HTML", Html)]
    [InlineData("application/xhtml+xml", Html)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", Html)]
    [InlineData("application/json", Problem)]
    [InlineData("application/problem+json", Problem)]
    [InlineData("application/vnd.api+json", Problem)]
    [InlineData("application/json, text/plain, */*", Problem)]
    [InlineData("text/html;q=0.5, application/json", Problem)]
    [InlineData("application/json;q=0.5, text/html", Html)]
    [InlineData("text/html;q=0, application/json;q=0.1", Problem)]
    [InlineData("text/html;q=0", Text)]
    [InlineData("text/html;q=0.1, text/plain;q=0.2", Text)]
    [InlineData("image/*, text/html;q=0.3", Html)]
    public async Task Format_Accept_AsTheVisitorLikesBest(string? accept, string type)
    {
        using var visitor = new Visitor();
        if (accept is not null)
        {
            visitor.With("Accept", accept);
        }

        await ErrorPage.WriteAsync(visitor.Context, ExchangeError.TunnelNotFound).Within();

        Assert.Equal(type, visitor.Response.Headers.ContentType);
        Assert.Equal((404, "tunnel_not_found", "no-store", "nosniff", "Accept"), (
            visitor.Response.StatusCode,
            visitor.ErrorCode!,
            (string)visitor.Response.Headers.CacheControl!,
            (string)visitor.Response.Headers.XContentTypeOptions!,
            (string)visitor.Response.Headers.Vary!));
        Assert.Equal(Encoding.UTF8.GetByteCount(visitor.Response.Sent), visitor.Response.Headers.ContentLength);
        Assert.True(visitor.Response.IsComplete);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Error_EveryOne_TellsStatusCodeAndWords(ExchangeError error)
    {
        foreach (var accept in (string[])["text/html", "application/json", "text/plain"])
        {
            using var visitor = new Visitor().With("Accept", accept);

            await ErrorPage.WriteAsync(visitor.Context, error).Within();

            Assert.Equal((error.ToStatus(), error.ToCode()), (visitor.Response.StatusCode, visitor.ErrorCode));
            Assert.Contains(error.ToCode(), visitor.Response.Sent, StringComparison.Ordinal);
            Assert.NotEqual(("Gateway error", "The request could not be completed."), ErrorTexts.Of(error));
        }
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task RetryAfter_WhenTryingAgainHelps_Said(ExchangeError error)
    {
        using var visitor = new Visitor();

        await ErrorPage.WriteAsync(visitor.Context, error).Within();

        Assert.Equal(error.ToStatus() == 503, int.TryParse(visitor.Response.Headers.RetryAfter, out var seconds) && seconds > 0);
    }

    [Fact]
    public async Task Problem_Members_AsRfc9457Says()
    {
        using var visitor = new Visitor().With("Accept", "application/json");

        await ErrorPage.WriteAsync(visitor.Context, ExchangeError.TunnelLost).Within();

        var problem = JsonNode.Parse(visitor.Response.Sent)!.AsObject();
        Assert.Equal((502, "tunnel_lost"), ((int)problem["status"]!, (string)problem["code"]!));
        Assert.Equal("about:blank", (string)problem["type"]!);
        Assert.NotEmpty((string)problem["title"]!);
        Assert.NotEmpty((string)problem["detail"]!);
    }

    [Fact]
    public async Task Problem_OfTheHandshake_WhateverIsAccepted()
    {
        using var visitor = new Visitor().With("Accept", "text/html");

        await ErrorPage.WriteProblemAsync(visitor.Context, ExchangeError.ServerFull).Within();

        Assert.Equal((Problem, 503, "30"), ((string)visitor.Response.Headers.ContentType!, visitor.Response.StatusCode, (string)visitor.Response.Headers.RetryAfter!));
    }

    [Fact]
    public async Task Html_Words_EncodedAndNothingOfTheRequestInIt()
    {
        using var visitor = new Visitor("GET", "/<script>alert(1)</script>", "<b>.localhost").With("Accept", "text/html").With("X", "<i>");

        await ErrorPage.WriteAsync(visitor.Context, ExchangeError.TunnelNotFound).Within();

        var page = visitor.Response.Sent;
        Assert.StartsWith("<!doctype html>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("'", page[page.IndexOf("<body>", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Equal("default-src 'none'; style-src 'unsafe-inline'", visitor.Response.Headers.ContentSecurityPolicy);
    }

    [Fact]
    public async Task Status_Given_UsedInsteadOfTheErrors()
    {
        using var visitor = new Visitor().With("Accept", "application/json");

        await ErrorPage.WriteAsync(visitor.Context, ExchangeError.OriginFailed, 599).Within();

        Assert.Equal((599, 599), (visitor.Response.StatusCode, (int)JsonNode.Parse(visitor.Response.Sent)!["status"]!));
    }
}
