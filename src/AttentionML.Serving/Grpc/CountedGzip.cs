using System.IO.Compression;
using AttentionML.Serving.Operations;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http;

namespace AttentionML.Serving.Grpc;

/// <summary>gzip for calls, whose bytes are counted as they come out of it: the body has been as it came, compressed.</summary>
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
        private long _read;

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
            try
            {
                var read = source.Read(buffer);
                Count(read);
                return read;
            }
            catch (InvalidDataException)
            {
                throw memory.Refuse(InferenceException.Invalid("The message does not decompress."));
            }
        }

        private void Count(int read)
        {
            if (memory.SmallMessage is not { } most)
            {
                memory.Take(read);
            }
            else if ((_read += read) > most)
            {
                throw memory.Refuse(new(InferenceFault.TooLarge, $"The message has more than {most} bytes."));
            }
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
