using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace AttentionML.Serving.Playground;

/// <summary>The page at /: files beside the server's assembly, open to everybody. What the page asks for behind it needs a key where keys are set.</summary>
internal static class PlaygroundPage
{
    // 'wasm-unsafe-eval' lets the page compile WebAssembly, and nothing else.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "playground");

    /// <summary>Whether what runs models in the browser was there when the server was built.</summary>
    public static bool HasRuntime { get; } = File.Exists(Path.Combine(Folder, "onnxruntime-web", "ort-wasm-simd-threaded.wasm"));

    /// <exception cref="DirectoryNotFoundException">The files are not there.</exception>
    public static void Use(IApplicationBuilder app)
    {
        var files = new PhysicalFileProvider(Folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files, DefaultFileNames = ["index.html"], RedirectToAppendTrailingSlash = false });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = Prepare });
    }

    private static void Prepare(StaticFileResponseContext response)
    {
        var headers = response.Context.Response.Headers;
        headers.CacheControl = "no-cache"; // Kept, and asked about by ETag: unchanged files are not sent again.
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }
}
