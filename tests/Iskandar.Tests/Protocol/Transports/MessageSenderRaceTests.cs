using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Transports;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Transports;

[Collection(nameof(Alone))]
public sealed class MessageSenderRaceTests
{
    [Fact]
    public async Task Close_WhileTheWriterEnds_OneCloseFrame()
    {
        for (var round = 0; round < 5_000; round++)
        {
            using var socket = new RecordingWebSocket();
            using var sender = new MessageSender(socket, TimeProvider.System);
            sender.Send("x", static (text, output) => output.Write(Encoding.UTF8.GetBytes(text)));
            while (socket.Sent == 0)
            {
                Thread.SpinWait(1);
            }

            // The writer is about to find that there is nothing more to send; a little earlier or later each time.
            Thread.SpinWait(round % 6);
            sender.Close(WebSocketCloseStatus.NormalClosure, "");

            await sender.Ended.Within();
            Assert.Null(sender.Fault);
            Assert.Equal(1, socket.Closed);
        }
    }
}
