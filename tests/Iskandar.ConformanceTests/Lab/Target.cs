namespace Iskandar.ConformanceTests.Lab;

/// <summary>What a row is tried on: the same apps, with something or nothing in front of them.</summary>
/// <param name="Hop">What is in front.</param>
/// <param name="Origin">An app written with ASP.NET Core.</param>
/// <param name="App">The way to it.</param>
/// <param name="ByteOrigin">An app that answers with bytes.</param>
/// <param name="Bytes">The way to it.</param>
/// <param name="Vacant">The way to <paramref name="VacantPort"/>.</param>
/// <param name="VacantPort">A port on which a row may start an app of its own.</param>
/// <param name="Scripts">An app in JavaScript and its clients.</param>
/// <param name="Pages">Vite's dev server and a browser.</param>
/// <param name="OverHttp2">An app that visitors reach in HTTP/2.</param>
/// <param name="OverGrpc">An app that callers reach with gRPC.</param>
public sealed record Target(
    Hop Hop,
    TestOrigin Origin,
    Door App,
    ByteOrigin ByteOrigin,
    Door Bytes,
    Door Vacant,
    int VacantPort,
    ScriptedApp Scripts,
    ScriptedApp Pages,
    Http2App OverHttp2,
    GrpcApp OverGrpc)
{
    public Http2Target Http2 => OverHttp2.Behind(Hop) ?? throw Missing();

    public GrpcTarget Grpc => OverGrpc.Behind(Hop) ?? throw Missing();

    public async Task<GrpcTarget> PythonAsync() => await OverGrpc.PythonBehindAsync(Hop) ?? throw Missing();

    private static NotSupportedException Missing() => new("This nginx was built without it.");
}
