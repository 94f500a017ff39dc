using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Automation.Routers;

/// <summary>The instance metadata service, version 2 only, of one instance; and the folder that Tailscale's repository file lies in.</summary>
internal sealed class Metadata : IAsyncDisposable
{
    private const string Token = "the-session-token";
    private readonly WebApplication _server;

    private Metadata(WebApplication server) => _server = server;

    public ConcurrentQueue<string> Requests { get; } = [];

    public Uri Uri => new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<Metadata> StartAsync(string account, string region, string instance, string repositoryFile)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port: 0));
        var server = builder.Build();
        var metadata = new Metadata(server);
        server.Run(context => metadata.AnswerAsync(context, account, region, instance, repositoryFile));
        await server.StartAsync();
        return metadata;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, string account, string region, string instance, string repositoryFile)
    {
        var request = context.Request;
        Requests.Enqueue($"{request.Method} {request.Path}");
        switch ($"{request.Method} {request.Path}")
        {
            case "PUT /latest/api/token" when int.TryParse(request.Headers["X-aws-ec2-metadata-token-ttl-seconds"], out var life) && life is > 0 and <= 21600:
                await context.Response.WriteAsync(Token);
                break;

            case "GET /latest/dynamic/instance-identity/document" when request.Headers["X-aws-ec2-metadata-token"] == Token:
                await context.Response.WriteAsync(
                    $$"""{"accountId":"{{account}}","architecture":"arm64","instanceId":"{{instance}}","region":"{{region}}","version":"2017-09-30"}""");
                break;

            case "GET /packages/tailscale.repo":
                await context.Response.WriteAsync(repositoryFile);
                break;

            default:
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                break;
        }
    }
}
