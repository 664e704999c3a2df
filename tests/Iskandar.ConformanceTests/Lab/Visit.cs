namespace Iskandar.ConformanceTests.Lab;

/// <summary>One request on a connection of its own, and what came of it at both ends.</summary>
public sealed class Visit
{
    private readonly Door _door;

    private Visit(Door door, IReadOnlyList<RawHead> informational, RawResponse? response, IReadOnlyList<string> heads)
    {
        _door = door;
        Informational = informational;
        Response = response;
        Heads = heads;
    }

    /// <summary>The 1xx responses that the visitor got.</summary>
    public IReadOnlyList<RawHead> Informational { get; }

    /// <summary>The final response; null if the connection ended without one.</summary>
    public RawResponse? Response { get; }

    /// <summary>The heads of the requests that the app got.</summary>
    public IReadOnlyList<string> Heads { get; }

    /// <summary>What the app got, or what the visitor got instead.</summary>
    public string App(Func<string, string> say)
    {
        if (Heads.Count == 1)
        {
            return _door.Neutral(say(Heads[0]));
        }

        var answer = Response is null ? "the connection ends" : Say.Status(Response.Head);
        return $"{answer}; the app sees {(Heads.Count == 0 ? "nothing" : $"{Heads.Count} requests")}";
    }

    /// <summary>The request line that the app got.</summary>
    public string AppLine() => App(static head => $"the app sees `{head.Split("\r\n")[0]}`");

    /// <summary>Some fields of the request that the app got.</summary>
    public string AppFields(params string[] names) => App(head =>
    {
        var lines = names.SelectMany(name => HeadText.All(head, name).Select(value => $"`{name}: {value}`"));
        return string.Join(", ", lines) is { Length: > 0 } text ? $"the app sees {text}" : "the app sees none of it";
    });

    /// <summary>What the visitor got.</summary>
    public string Answer() => Response is null ? "the connection ends without a response" : _door.Neutral(Say.Response(Response));

    /// <summary>Some fields of the response that the visitor got.</summary>
    public string AnswerFields(params string[] names)
    {
        if (Response is null || Response.Head["Iskandar-Error"] is not null)
        {
            return Answer();
        }

        var lines = names.SelectMany(name => Response.Head.All(name).Select(value => $"`{name}: {value}`"));
        return _door.Neutral(string.Join(", ", lines.Prepend($"{Response.Status}")));
    }

    /// <summary>Sends a request, ISO-8859-1 with {host} for the host, to the app that is answered with bytes.</summary>
    public static Task<Visit> ToAsync(Target target, string request, string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") =>
        ToAsync(target, request, exchange => exchange.SendAsync(answer));

    /// <inheritdoc cref="ToAsync(Target, string, string)"/>
    public static async Task<Visit> ToAsync(Target target, string request, Func<ByteExchange, Task> answer)
    {
        var script = target.ByteOrigin.Play(answer);
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendAsync(request.Replace("{host}", target.Bytes.Host, StringComparison.Ordinal));
        var (informational, response) = await ReadAsync(visitor, request.StartsWith("HEAD ", StringComparison.Ordinal));
        return new Visit(target.Bytes, informational, response, script.Heads);
    }

    /// <summary>A GET for /, with these fields.</summary>
    public static Task<Visit> GetAsync(Target target, string answer, params string[] fields) => ToAsync(target, Get("/", fields), answer);

    public static string Get(string requestTarget, params string[] fields) =>
        $"GET {requestTarget} HTTP/1.1\r\nHost: {{host}}\r\n{string.Concat(fields.Select(field => field + "\r\n"))}\r\n";

    /// <summary>Everything up to the end of the final response.</summary>
    public static async Task<(IReadOnlyList<RawHead> Informational, RawResponse? Response)> ReadAsync(RawVisitor visitor, bool isHead = false)
    {
        var informational = new List<RawHead>();
        try
        {
            while (true)
            {
                var head = await visitor.ReadHeadAsync();
                if (head.Status is < 100 or > 199 or 101)
                {
                    return (informational, await visitor.ReadResponseAsync(head, isHead || head.Status == 101));
                }

                informational.Add(head);
            }
        }
        catch (EndOfStreamException)
        {
            return (informational, null);
        }
    }
}
