using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using HelloApp;
using Microsoft.AspNetCore.Http.Features;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Services.ConfigureHttpJsonOptions(options =>
{
    options.SerializerOptions.WriteIndented = true;
    options.SerializerOptions.TypeInfoResolverChain.Insert(0, EchoContext.Default);
});
builder.Services.AddSingleton(TimeProvider.System);
var app = builder.Build();

app.MapGet("/", (HttpRequest request) => Results.Content(Page.For(request.Host.Value), "text/html; charset=utf-8"));
app.Map("/echo", EchoAsync);
app.MapGet("/events", (TimeProvider clock, CancellationToken left) => TypedResults.ServerSentEvents(EventsAsync(clock, left)));
app.MapGet("/slow", SlowAsync);
await app.RunAsync();

// What arrived here, so that one can see what a tunnel does to a request.
static async Task<Echo> EchoAsync(HttpContext context, CancellationToken left)
{
    using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
    return new Echo(
        context.Request.Method,
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
        context.Request.Headers.ToDictionary(field => field.Key, field => field.Value.ToArray()),
        await reader.ReadToEndAsync(left));
}

// One event a second until the visitor leaves.
static async IAsyncEnumerable<SseItem<string>> EventsAsync(TimeProvider clock, [EnumeratorCancellation] CancellationToken left)
{
    for (var number = 1; ; number++)
    {
        yield return new SseItem<string>($"event {number} at {clock.GetLocalNow():HH:mm:ss}");
        await Task.Delay(TimeSpan.FromSeconds(1), clock, left);
    }
}

// Answers after ?seconds=, 5 unless told.
static async Task<string> SlowAsync(TimeProvider clock, CancellationToken left, double seconds = 5)
{
    seconds = Math.Clamp(seconds, 0, 3600);
    await Task.Delay(TimeSpan.FromSeconds(seconds), clock, left);
    return string.Create(CultureInfo.InvariantCulture, $"Slept for {seconds} s.\n");
}
