using Iskandar.ConformanceTests.Rows;

namespace Iskandar.ConformanceTests.Table;

/// <summary>The sections of the table, in order.</summary>
public static class Contents
{
    public static IReadOnlyList<Chapter> Chapters { get; } =
    [
        Chapter.Of<TargetRows>(),
        Chapter.Of<RequestFieldRows>(),
        Chapter.Of<ContentRows>(),
        Chapter.Of<StatusRows>(),
        Chapter.Of<ResponseFieldRows>(),
        Chapter.Of<TrailerRows>(),
        Chapter.Of<InformationalRows>(),
        Chapter.Of<ConditionalRows>(),
        Chapter.Of<ConnectionRows>(),
        Chapter.Of<StreamingRows>(),
        Chapter.Of<UpgradeRows>(),
        Chapter.Of<ForwardingRows>(),
        Chapter.Of<AttackRows>(),
        Chapter.Of<HeadAttackRows>(),
        Chapter.Of<ReencodingRows>(),
        Chapter.Of<MalformedResponseRows>(),
        Chapter.Of<VarnishRows>(),
        Chapter.Of<CurlRows>(),
        Chapter.Of<Http2Rows>(),
        Chapter.Of<Http2StreamRows>(),
        Chapter.Of<Http2ConnectRows>(),
        Chapter.Of<Http2ToolRows>(),
        Chapter.Of<TlsRows>(),
        Chapter.Of<GrpcRows>(),
        Chapter.Of<WebSocketRows>(),
        Chapter.Of<HttpClientRows>(),
        Chapter.Of<DevServerRows>(),
    ];
}

/// <summary>A section as the table knows it.</summary>
public sealed record Chapter(string Title, IReadOnlyList<Row> Rows)
{
    public static Chapter Of<T>()
        where T : IRows => new(T.Title, T.Rows);
}
