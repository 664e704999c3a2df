using Microsoft.AspNetCore.Http;

namespace Iskandar.Cli.Forwarding;

/// <summary>What a request's method promises.</summary>
internal static class RequestMethod
{
    /// <summary>Whether doing it twice is as good as once (RFC 9110 section 9.2.2).</summary>
    public static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method)
        || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method);
}
