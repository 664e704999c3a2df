using System.Net.NetworkInformation;

namespace Iskandar.Client.Connecting;

/// <summary>The changes of addresses and of availability that the system tells of.</summary>
internal sealed class SystemNetworkChanges : INetworkChanges
{
    public IDisposable Listen(Action changed) => new Listener(changed);

    private sealed class Listener : IDisposable
    {
        private readonly Action _changed;

        public Listener(Action changed)
        {
            _changed = changed;
            try
            {
                NetworkChange.NetworkAddressChanged += OnAddress;
                NetworkChange.NetworkAvailabilityChanged += OnAvailability;
            }
            catch (Exception fault) when (fault is NetworkInformationException or PlatformNotSupportedException)
            {
                // Some sandboxes don't tell. Waits are as long as they would be without a change.
            }
        }

        public void Dispose()
        {
            NetworkChange.NetworkAddressChanged -= OnAddress;
            NetworkChange.NetworkAvailabilityChanged -= OnAvailability;
        }

        private void OnAddress(object? sender, EventArgs arguments) => _changed();

        private void OnAvailability(object? sender, NetworkAvailabilityEventArgs arguments) => _changed();
    }
}
