using Iskandar.Protocol.Connections;

namespace Iskandar.Server.ErrorPages;

/// <summary>What a person is told: what happened, and what to do.</summary>
internal static class ErrorTexts
{
    public static (string Title, string Detail) Of(ExchangeError error) => error switch
    {
        ExchangeError.TunnelNotFound => ("Tunnel not found", "No app is connected under this name. If it is yours, check that the tunnel is still running: its address may have changed."),
        ExchangeError.HostNotServed => ("Host not served", "This server doesn't serve the requested host."),
        ExchangeError.MethodUnsupported => ("Method not supported", "CONNECT can't be sent through a tunnel."),
        ExchangeError.RequestInvalid => ("Bad request", "The request is not valid HTTP, or broke off."),
        ExchangeError.RequestHeadTooLarge => ("Request fields too large", "The request's fields are larger than this tunnel carries: most often, too many or too long cookies."),
        ExchangeError.ResponseHeadTooLarge => ("Response fields too large", "The app's response has fields larger than this tunnel carries."),
        ExchangeError.ContentTooLarge => ("Content too large", "The request's content is larger than this tunnel carries."),
        ExchangeError.UpgradeUnsupported => ("Protocol not supported", "The protocol that was asked for can't be spoken here: the tunnel doesn't carry it, or the app doesn't know it."),
        ExchangeError.OriginUnreachable => ("The app doesn't answer", "The tunnel is up, but nothing answers where it leads. If the app is yours, check that it is running, and on the port the tunnel was started for."),
        ExchangeError.OriginFailed => ("The app broke off", "The app behind this tunnel broke the connection."),
        ExchangeError.OriginInvalid => ("The app's answer is not HTTP", "The app behind this tunnel sent something that is not a valid HTTP response. If the app is yours, the tunnel's output says what is wrong with it."),
        ExchangeError.OriginTimeout => ("The app took too long", "The app behind this tunnel didn't answer in time."),
        ExchangeError.ResponseInvalid => ("Bad response", "The tunnel's client sent a response that can't be used."),
        ExchangeError.ResponseOverflow => ("No room for the response", "The response came faster than it was taken, and the server could not hold it."),
        ExchangeError.ResponseTimeout => ("No answer in time", "The app behind this tunnel didn't answer in time."),
        ExchangeError.TunnelLost => ("Connection lost", "The connection to the app was lost while it worked on the request. The app may have received it."),
        ExchangeError.TunnelOffline => ("The tunnel is offline", "The connection to the app behind this tunnel is lost. The app has not seen this request: please try again."),
        ExchangeError.LinkGone => ("Link gone", "There is no link that could be resumed with this. Open a new connection."),
        ExchangeError.NameRefused => ("Name refused", "The name that was asked for belongs to whoever has its key, and this isn't it."),
        ExchangeError.TunnelBusy => ("Too many requests at once", "The app behind this tunnel is handling as many requests as it may. It has not seen this one: please try again."),
        ExchangeError.TunnelClosing => ("The tunnel is closing", "The app behind this tunnel is about to disconnect. It has not seen this request."),
        ExchangeError.ServerBusy => ("Server busy", "The tunnel server has no room for this request right now. The app has not seen it: please try again."),
        ExchangeError.ServerStopping => ("Server stopping", "The tunnel server is about to stop. Please try again shortly."),
        ExchangeError.ServerFull => ("Server full", "The tunnel server holds as many tunnels as it may. Please try again later."),
        ExchangeError.OriginNotAllowed => ("Origin not allowed", "Pages of other sites may not open tunnels here."),
        ExchangeError.UpgradeRequired => ("Upgrade required", "This address takes WebSocket opening handshakes of tunnel clients only. Open a tunnel with: iskandar http 3000"),
        _ => ("Gateway error", "The request could not be completed."),
    };
}
