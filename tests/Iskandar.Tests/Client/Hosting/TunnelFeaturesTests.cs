using Iskandar.Client;
using Iskandar.Client.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Client.Hosting;

/// <summary>The features of a request, as a collection that an application changes.</summary>
public sealed class TunnelFeaturesTests : IDisposable
{
    private readonly FakeExchange _exchange = new();
    private readonly TunnelRequest _features;

    public TunnelFeaturesTests() => _features = new TunnelRequest(_exchange);

    [Fact]
    public void Own_EachOfThem_FoundAndEnumerated()
    {
        Type[] expected =
        [
            typeof(IHttpRequestFeature), typeof(IHttpRequestBodyDetectionFeature), typeof(IHttpRequestTrailersFeature), typeof(IHttpRequestLifetimeFeature),
            typeof(IHttpRequestIdentifierFeature), typeof(IHttpConnectionFeature), typeof(IHttpUpgradeFeature), typeof(ITunnelExchangeFeature),
            typeof(IHttpResponseFeature), typeof(IHttpResponseBodyFeature), typeof(IHttpResponseTrailersFeature),
        ];

        Assert.Equal(expected.Select(static type => type.Name).Order(), _features.Select(static feature => feature.Key.Name).Order());
        Assert.All(_features, feature =>
        {
            Assert.IsAssignableFrom(feature.Key, feature.Value);
            Assert.Same(feature.Value, _features[feature.Key]);
        });
        Assert.Same(_features.Get<IHttpRequestFeature>(), _features.Get<IHttpUpgradeFeature>());
    }

    [Fact]
    public void Unknown_NotSet_Null()
    {
        Assert.Null(_features.Get<IItemsFeature>());
        Assert.Null(_features[typeof(string)]);
        Assert.Equal(0, _features.Get<int>());
    }

    [Fact]
    public void Set_OneOfOurs_TakesItsPlaceUntilRemoved()
    {
        var revision = _features.Revision;
        var other = new HttpRequestFeature();

        _features.Set<IHttpRequestFeature>(other);

        Assert.Same(other, _features.Get<IHttpRequestFeature>());
        Assert.Same(other, _features[typeof(IHttpRequestFeature)]);
        Assert.Single(_features, feature => feature.Key == typeof(IHttpRequestFeature) && feature.Value == other);
        Assert.NotEqual(revision, _features.Revision);

        revision = _features.Revision;
        _features.Set<IHttpRequestFeature>(null);
        Assert.Null(_features.Get<IHttpRequestFeature>());
        Assert.DoesNotContain(_features, static feature => feature.Key == typeof(IHttpRequestFeature));
        Assert.NotEqual(revision, _features.Revision);
        Assert.NotNull(_features.Get<IHttpResponseFeature>());
    }

    [Fact]
    public void Set_Another_BesideOurs()
    {
        var items = new ItemsFeature();

        _features[typeof(IItemsFeature)] = items;
        _features.Set("text");
        _features.Set("other text");

        Assert.Same(items, _features.Get<IItemsFeature>());
        Assert.Equal("other text", _features.Get<string>());
        Assert.Equal(13, _features.Count());
    }

    public void Dispose() => _exchange.Dispose();
}
