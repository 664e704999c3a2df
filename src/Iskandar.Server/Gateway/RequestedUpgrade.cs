using System.Security.Cryptography;
using System.Text;
using Iskandar.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Primitives;

namespace Iskandar.Server.Gateway;

/// <summary>
/// What a visitor wants to speak instead of HTTP: by <c>Upgrade</c> in HTTP/1.1 (RFC 9110 section 7.8), or by an extended CONNECT in HTTP/2 (RFC 8441), which the
/// app sees as the former.
/// </summary>
internal sealed class RequestedUpgrade
{
    private const string WebSocket = "websocket";
    private const string KeyField = "Sec-WebSocket-Key";
    private const string AcceptField = "Sec-WebSocket-Accept";

    private readonly IHttpExtendedConnectFeature? _connect;

    // HTTP/2 has no key: it is the app that wants one.
    private readonly string? _key;

    private RequestedUpgrade(string protocol, IHttpExtendedConnectFeature? connect)
    {
        Protocol = protocol;
        _connect = connect;
        _key = connect is not null && protocol.Equals(WebSocket, StringComparison.OrdinalIgnoreCase) ? Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)) : null;
    }

    /// <summary>The protocol, as the list of those that are allowed spells it.</summary>
    public string Protocol { get; }

    /// <summary>The method that the app sees.</summary>
    public string? Method => _connect is null ? null : HttpMethods.Get;

    /// <summary>Whether the request is a CONNECT that names a protocol.</summary>
    public static bool IsExtendedConnect(HttpContext context) => context.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect == true;

    /// <summary>The first protocol that the visitor asks for and may have; null for none.</summary>
    public static RequestedUpgrade? Find(HttpContext context, IReadOnlyList<string> allowed)
    {
        if (context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true)
        {
            foreach (var wanted in context.Request.Headers.GetCommaSeparatedValues("Upgrade"))
            {
                if (Choose(wanted, allowed) is { } protocol)
                {
                    return new RequestedUpgrade(protocol, connect: null);
                }
            }
        }
        else if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect && Choose(connect.Protocol, allowed) is { } protocol)
        {
            return new RequestedUpgrade(protocol, connect);
        }

        return null;
    }

    /// <summary>Whether a field that the visitor sent has no meaning for the app.</summary>
    public bool Replaces(string name) =>
        _connect is not null
        && (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) || (_key is not null && name.Equals(KeyField, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Adds the fields that ask the app.</summary>
    public void AddTo(FieldSection fields)
    {
        fields.Add("Upgrade", Protocol);
        if (_key is not null)
        {
            fields.Add(KeyField, _key);
        }
    }

    /// <summary>Whether the fields of a 101 agree to what was asked for.</summary>
    public bool IsAgreed(FieldSection response) =>
        string.Equals(response.Find("Upgrade"), Protocol, StringComparison.OrdinalIgnoreCase)
        && (_key is null || response.Find(AcceptField) == ToAccept(_key));

    /// <summary>Whether the visitor would take an ordinary response for an agreement: to a CONNECT, every status of success is one (RFC 9110 section 9.3.6).</summary>
    public bool IsMistaken(int status) => _connect is not null && status is >= 200 and < 300;

    /// <summary>Answers the visitor, whose response has the fields of the app's 101 already.</summary>
    /// <returns>The connection; null: the server has as many of them as its host allows.</returns>
    public async Task<Stream?> AcceptAsync(HttpContext context)
    {
        // A visitor may take its time: its pauses are the app's to judge.
        context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        context.Features.Get<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate = null;
        try
        {
            if (_connect is null)
            {
                // Kestrel sets Connection by itself.
                context.Response.Headers.Upgrade = Protocol;
                return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            }

            // RFC 8441 section 5: there is no 101, and nothing to accept a key with.
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.Headers[AcceptField] = StringValues.Empty;
            return await _connect.AcceptAsync();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Choose(string? wanted, IReadOnlyList<string> allowed)
    {
        foreach (var protocol in allowed)
        {
            if (protocol.Equals(wanted, StringComparison.OrdinalIgnoreCase))
            {
                return protocol;
            }
        }

        return null;
    }

    // RFC 6455 section 4.2.2, which says which hash.
    private static string ToAccept(string key)
    {
#pragma warning disable CA5350
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }
}
