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
}
