using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iskandar.Load;

/// <summary>An origin that answers <c>GET /bytes/N</c> with N bytes of the pattern, and <c>PUT /bytes</c> with how many bytes of it have come.</summary>
internal static class PatternOrigin
{
    private const int Piece = 64 * 1024;

    /// <summary>Listens, writes "Ready", and serves until the process is ended.</summary>
    public static async Task RunAsync(IPEndPoint address, TextWriter output)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(address);
        });
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        await output.WriteLineAsync("Ready");
        await app.WaitForShutdownAsync();
    }

    private static Task AnswerAsync(HttpContext context) =>
        HttpMethods.IsPut(context.Request.Method) ? TakeAsync(context) : GiveAsync(context);

    private static async Task GiveAsync(HttpContext context)
    {
        var length = long.Parse(context.Request.Path.Value!["/bytes/".Length..], NumberStyles.None, CultureInfo.InvariantCulture);
        context.Response.ContentLength = length;
        var pattern = new Pattern();
        while (pattern.Position < length)
        {
            await context.Response.Body.WriteAsync(pattern.Next(Math.Min(Piece, length - pattern.Position)), context.RequestAborted);
        }
    }

    private static async Task TakeAsync(HttpContext context)
    {
        var pattern = new Pattern();
        var buffer = new byte[Piece];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            try
            {
                pattern.Check(buffer.AsSpan(0, read));
            }
            catch (InvalidDataException wrong)
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                await context.Response.WriteAsync(wrong.Message, context.RequestAborted);
                return;
            }
        }

        await context.Response.WriteAsync(pattern.Position.ToString(CultureInfo.InvariantCulture), context.RequestAborted);
    }
}
