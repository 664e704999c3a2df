using System.Buffers;
using BenchmarkDotNet.Attributes;
using Iskandar.Protocol.Frames;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Messages;

namespace Iskandar.Benchmarks;

/// <summary>Writing and reading heads.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private readonly FieldLineReader _reader = new(FrameLimits.DefaultFields);
    private readonly RequestHead _request = new();
    private readonly ResponseHead _response = new();
    private readonly RequestHead _requestRead = new();
    private readonly ResponseHead _responseRead = new();
    private readonly FieldSection _cookies = new();
    private readonly byte[] _requestFrame;
    private readonly byte[] _responseFrame;
    private readonly byte[] _requestMessage;
    private readonly byte[] _responseMessage;

    public CodecBenchmarks()
    {
        Heads.Fill(_request);
        Heads.Fill(_response);
        _requestFrame = Written(() => RequestFrame.Write(_output, 1, _request, FrameFlags.End));
        _responseFrame = Written(() => ResponseFrame.Write(_output, 1, _response, end: false));
        _requestMessage = Written(() => JsonMessageWriter.WriteRequest(_output, 1, _request, default));
        _responseMessage = Written(() => JsonMessageWriter.WriteResponse(_output, "1", _response, Heads.Content, done: true));
    }

    [Benchmark]
    public int WriteRequestFrame()
    {
        _output.ResetWrittenCount();
        RequestFrame.Write(_output, 1, _request, FrameFlags.End);
        return _output.WrittenCount;
    }

    [Benchmark]
    public int ReadRequestFrame()
    {
        _requestRead.Clear();
        RequestFrame.Read(_requestFrame.AsSpan(FrameHeader.Size), _requestRead, _reader);
        return _requestRead.Fields.Count;
    }

    [Benchmark]
    public int WriteResponseFrame()
    {
        _output.ResetWrittenCount();
        ResponseFrame.Write(_output, 1, _response, end: false);
        return _output.WrittenCount;
    }

    [Benchmark]
    public int ReadResponseFrame()
    {
        _responseRead.Clear();
        ResponseFrame.Read(_responseFrame.AsSpan(FrameHeader.Size), _responseRead, _reader);
        return _responseRead.Fields.Count;
    }

    [Benchmark]
    public int WriteRequestMessage()
    {
        _output.ResetWrittenCount();
        JsonMessageWriter.WriteRequest(_output, 1, _request, default);
        return _output.WrittenCount;
    }

    [Benchmark]
    public int ReadRequestMessage()
    {
        JsonMessage.Read(_requestMessage, isWhole: true, _requestRead.Fields, _cookies);
        return _requestRead.Fields.Count;
    }

    [Benchmark]
    public int WriteResponseMessage()
    {
        _output.ResetWrittenCount();
        JsonMessageWriter.WriteResponse(_output, "1", _response, Heads.Content, done: true);
        return _output.WrittenCount;
    }

    [Benchmark]
    public int ReadResponseMessage()
    {
        JsonMessage.Read(_responseMessage, isWhole: true, _responseRead.Fields, _cookies);
        return _responseRead.Fields.Count;
    }

    private byte[] Written(Action write)
    {
        _output.ResetWrittenCount();
        write();
        return _output.WrittenSpan.ToArray();
    }
}
