using System.Net;

namespace HelloApp;

/// <summary>The page at <c>/</c>.</summary>
internal static class Page
{
    public static string For(string? host) => $$"""
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width">
          <title>Hello from this machine</title>
          <style>
            body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }
            code, output { background: #eee; padding: .1em .3em; border-radius: .2em; }
          </style>
        </head>
        <body>
          <h1>Hello from this machine</h1>
          <p>This app thinks that it is <code>{{WebUtility.HtmlEncode(host)}}</code>.</p>
          <ul>
            <li><a href="/echo?a=1">/echo</a> shows the request that arrived</li>
            <li><a href="/events">/events</a> sends one event a second: <output id="event">waiting…</output></li>
            <li><a href="/slow?seconds=3">/slow?seconds=3</a> takes its time</li>
          </ul>
          <script>
            new EventSource("/events").onmessage = e => document.getElementById("event").textContent = e.data;
          </script>
        </body>
        </html>

        """;
}
