using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Client.Hosting;

/// <summary>The request as the collection of its own features, so that none has to be put into a table.</summary>
internal sealed partial class TunnelRequest : IFeatureCollection
{
    private static readonly Type[] OwnTypes =
    [
        typeof(IHttpRequestFeature), typeof(IHttpResponseFeature), typeof(IHttpResponseBodyFeature), typeof(IHttpRequestLifetimeFeature),
        typeof(IHttpRequestBodyDetectionFeature), typeof(IHttpUpgradeFeature), typeof(IHttpResponseTrailersFeature), typeof(IHttpRequestTrailersFeature),
        typeof(ITunnelExchangeFeature), typeof(IHttpConnectionFeature), typeof(IHttpRequestIdentifierFeature),
    ];

    // What the application has set, beside ours or in their place; null: it has removed one.
    private List<(Type Key, object? Feature)>? _set;

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            return IndexOfSet(key) is >= 0 and var at ? _set![at].Feature : OwnFeature(key);
        }

        set
        {
            ArgumentNullException.ThrowIfNull(key);
            _set ??= [];
            if (IndexOfSet(key) is >= 0 and var at)
            {
                _set[at] = (key, value);
            }
            else
            {
                _set.Add((key, value));
            }

            Revision++;
        }
    }

    public TFeature? Get<TFeature>() => this[typeof(TFeature)] is TFeature feature ? feature : default;

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        foreach (var key in OwnTypes)
        {
            if (IndexOfSet(key) < 0)
            {
                yield return new(key, OwnFeature(key)!);
            }
        }

        foreach (var (key, feature) in _set ?? [])
        {
            if (feature is not null)
            {
                yield return new(key, feature);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOfSet(Type key)
    {
        for (var i = 0; i < _set?.Count; i++)
        {
            if (_set[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    // Those that are asked for most come first.
    private object? OwnFeature(Type key) =>
        key == typeof(IHttpRequestFeature) ? this
        : key == typeof(IHttpResponseFeature) || key == typeof(IHttpResponseBodyFeature) ? _response
        : key == typeof(IHttpRequestLifetimeFeature) || key == typeof(IHttpRequestBodyDetectionFeature) || key == typeof(IHttpUpgradeFeature) ? this
        : key == typeof(IHttpResponseTrailersFeature) ? _response
        : key == typeof(ITunnelExchangeFeature) || key == typeof(IHttpRequestTrailersFeature) || key == typeof(IHttpConnectionFeature)
            || key == typeof(IHttpRequestIdentifierFeature) ? this
        : null;
}
