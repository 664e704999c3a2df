using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Iskandar.Client.Hosting;

/// <summary>The response of an exchange as ASP.NET Core sees it. The head goes with the first content, so that a small response is one message.</summary>
internal sealed class TunnelResponse : IHttpResponseFeature
{
    private readonly IClientExchange _exchange;
    private readonly bool _isHead;
    private Stack<(Func<object, Task> Callback, object State)>? _onStarting;
    private Stack<(Func<object, Task> Callback, object State)>? _onCompleted;
    private long? _declared;
    private long _written;
    private bool _ended;
    private int _statusCode = StatusCodes.Status200OK;

    public TunnelResponse(IClientExchange exchange, bool suppressesContent)
    {
        _exchange = exchange;
        _isHead = suppressesContent;
        Body = new StreamResponseBodyFeature(new TunnelResponseStream(this));
    }

    public StreamResponseBodyFeature Body { get; }

    public int StatusCode
    {
        get => _statusCode;
        set => _statusCode = HasStarted ? throw new InvalidOperationException("The status can't be set: the response has started.") : value;
    }

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    Stream IHttpResponseFeature.Body
    {
        get => Body.Stream;
        set => throw new NotSupportedException("Replace IHttpResponseBodyFeature instead.");
    }

    public bool HasStarted { get; private set; }

    private bool HasContent => !_isHead && StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified);

    public void OnStarting(Func<object, Task> callback, object state)
    {
        if (HasStarted)
        {
            throw new InvalidOperationException("OnStarting can't be set: the response has started.");
        }

        (_onStarting ??= new()).Push((callback, state));
    }

    public void OnCompleted(Func<object, Task> callback, object state) => (_onCompleted ??= new()).Push((callback, state));

    /// <summary>Sends the head, if it wasn't sent yet.</summary>
    public ValueTask StartAsync(CancellationToken cancellationToken) => HasStarted || _ended ? default : SendHeadAsync(default, endOfResponse: false, cancellationToken);

    /// <summary>Sends content, and the head before it if need be.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return default;
        }

        if (!HasStarted)
        {
            return SendHeadAsync(content, endOfResponse: false, cancellationToken);
        }

        return HasContent ? _exchange.SendContentAsync(content, Count(content.Length), cancellationToken) : default;
    }

    /// <summary>Ends the response; what was declared and never written makes it a failed one.</summary>
    public async Task CompleteAsync()
    {
        // What the application left in the pipe writer.
        await Body.CompleteAsync().ConfigureAwait(false);
        if (_ended)
        {
            return;
        }

        if (!HasStarted)
        {
            await SendHeadAsync(default, endOfResponse: true, CancellationToken.None).ConfigureAwait(false);
        }
        else if (HasContent && _written < _declared)
        {
            Fail(ExchangeError.OriginFailed);
        }
        else
        {
            _ended = true;
            await _exchange.SendContentAsync(default, endOfResponse: true, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>The application threw: 500 if nothing was sent yet, else an aborted response.</summary>
    public async Task FailAsync()
    {
        if (HasStarted || _ended)
        {
            Fail(ExchangeError.OriginFailed);
            return;
        }

        Headers.Clear();
        _onStarting = null;
        _statusCode = StatusCodes.Status500InternalServerError;
        await SendHeadAsync(default, endOfResponse: true, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Ends the exchange as failed, if it hasn't ended.</summary>
    public void Fail(ExchangeError error)
    {
        if (!_ended)
        {
            _ended = true;
            _exchange.Fail(error);
        }
    }

    public async Task FireOnCompletedAsync(ILogger logger)
    {
        while (_onCompleted?.TryPop(out var registered) == true)
        {
            try
            {
                await registered.Callback(registered.State).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                // The response is out; the other callbacks still have to run.
                Log.ApplicationError(logger, fault);
            }
        }
    }

    private async ValueTask SendHeadAsync(ReadOnlyMemory<byte> content, bool endOfResponse, CancellationToken cancellationToken)
    {
        while (_onStarting?.TryPop(out var registered) == true)
        {
            await registered.Callback(registered.State).ConfigureAwait(false);
        }

        HasStarted = true;
        var head = new ResponseHead { Status = StatusCode };
        var connection = Headers.Connection.ToString();
        foreach (var (name, values) in Headers)
        {
            if (ConnectionFields.Contains(name) || ConnectionFields.IsNamedBy(connection, name))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (value is not null)
                {
                    head.Fields.Add(name, value);
                }
            }
        }

        _declared = Headers.ContentLength;
        if (!HasContent)
        {
            content = default;
        }

        var done = endOfResponse ? _ended = true : Count(content.Length);
        await _exchange.SendHeadAsync(head, content, done, cancellationToken).ConfigureAwait(false);
    }

    // With a declared length, the last piece is known as such: it needs no message of its own to end the response.
    private bool Count(int bytes)
    {
        _written += bytes;
        if (_written > _declared)
        {
            throw new InvalidOperationException($"More content was written than Content-Length declares ({_declared} bytes).");
        }

        return _ended = HasContent && bytes > 0 && _written == _declared;
    }
}
