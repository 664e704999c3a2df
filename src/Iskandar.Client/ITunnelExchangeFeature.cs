using Microsoft.AspNetCore.Http;

namespace Iskandar.Client;

/// <summary>A feature of each request that came through a tunnel.</summary>
public interface ITunnelExchangeFeature
{
    /// <summary>
    /// Ends the exchange as failed. Before the response has started, the visitor gets the gateway's error page with the failure's code;
    /// after that, an aborted response. The app's own response, if any, is not sent.
    /// </summary>
    /// <param name="failure">What went wrong.</param>
    void Fail(OriginFailure failure);

    /// <summary>
    /// Sends an informational response, such as 103 (Early Hints), ahead of the app's own. Over a tunnel that has none it does nothing, and once the response
    /// has been sent as well.
    /// </summary>
    /// <param name="statusCode">100 to 199, but not 101.</param>
    /// <param name="headers">Its fields.</param>
    void SendInformational(int statusCode, IHeaderDictionary headers);
}
