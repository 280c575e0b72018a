using System.IO.Compression;
using AttentionML.Serving.Operations;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http;

namespace AttentionML.Serving.Grpc;

/// <summary>gzip for calls, whose bytes are taken from the budget as they come out of it: the body has been counted as it came, compressed.</summary>
internal sealed class CountedGzip : ICompressionProvider
{
    private readonly HttpContextAccessor _call = new();

    public string EncodingName => "gzip";

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new GZipStream(stream, compressionLevel ?? CompressionLevel.Fastest, leaveOpen: true);

    public Stream CreateDecompressionStream(Stream stream) =>
        new CountedStream(new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true), _call.HttpContext!.Features.Get<RequestMemory>()!); // ServingHost sets both.

    private sealed class CountedStream(Stream source, RequestMemory memory) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var read = source.Read(buffer);
            memory.Take(read);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            source.Dispose();
            base.Dispose(disposing);
        }
    }
}
