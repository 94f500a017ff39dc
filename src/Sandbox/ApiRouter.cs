using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Automation.Sandbox;

/// <summary>Finds what a request asks for, lets in who may, and answers as the API documents it.</summary>
internal sealed class ApiRouter(Tailnet tailnet)
{
    public async Task<ApiAnswer> AnswerAsync(HttpRequest request)
    {
        try
        {
            var path = request.Path.Value!.Split('/').Skip(1).ToArray();
            return path is ["api", "v2", .. var rest] ? await AnswerAsync(request, rest) : throw NoSuchPath();
        }
        catch (Refusal refusal)
        {
            return ApiAnswer.Of(refusal);
        }
    }

    private async Task<ApiAnswer> AnswerAsync(HttpRequest request, string[] path)
    {
        if (path is ["oauth", "token"])
        {
            return request.Method == "POST" ? await TokenAsync(request) : throw WrongMethod();
        }

        if (path is ["oauth", "token-exchange"])
        {
            return request.Method == "POST" ? await TokenExchangeAsync(request) : throw WrongMethod();
        }

        var access = tailnet.AccessOf(TokenOf(request));
        return path switch
        {
            ["tailnet", var name, .. var rest] when IsOurs(name) => (request.Method, rest) switch
            {
                ("GET", ["keys"]) => ListKeys(request, access),
                ("POST", ["keys"]) => CreateKey(access, await BodyAsync(request)),
                ("GET", ["keys", var id]) => GetKey(access, id),
                ("GET", ["acl"]) => new(200, tailnet.GetPolicy(access)),
                ("GET", ["dns", "preferences"]) => ApiAnswer.Ok(new JsonObject { ["magicDNS"] = tailnet.GetMagicDns(access) }),
                ("DELETE", ["keys", var id]) => DeleteKey(access, id),
                ("GET", ["devices"]) => ListDevices(request, access),
                ("GET", ["dns", "split-dns"]) => ApiAnswer.Ok(ApiJson.SplitDns(tailnet.GetSplitDns(access))),
                ("PATCH" or "PUT", ["dns", "split-dns"]) => ApiAnswer.Ok(ApiJson.SplitDns(
                    tailnet.ChangeSplitDns(access, ApiBody.SplitDns(await BodyAsync(request)), replace: request.Method == "PUT"))),
                ("GET", ["dns", "configuration"]) => ApiAnswer.Ok(ApiJson.Dns(tailnet.GetDns(access))),
                (_, ["keys"] or ["keys", _] or ["devices"] or ["dns", "split-dns"] or ["dns", "configuration"] or ["acl"] or ["dns", "preferences"]) => throw WrongMethod(),
                _ => throw NoSuchPath(),
            },
            ["tailnet", _, ..] => throw new Refusal(404, "tailnet not found"),
            ["device", var id] => request.Method switch
            {
                "GET" => GetDevice(request, access, id),
                "DELETE" => DeleteDevice(access, id),
                _ => throw WrongMethod(),
            },
            ["device", var id, "tags"] => request.Method switch
            {
                "POST" => Tagged(tailnet.SetTags(access, Device(id), ApiBody.Tags(await BodyAsync(request)))),
                _ => throw WrongMethod(),
            },
            ["device", var id, "routes"] => request.Method switch
            {
                "GET" => ApiAnswer.Ok(ApiJson.Routes(tailnet.GetRoutes(access, Device(id)))),
                "POST" => ApiAnswer.Ok(ApiJson.Routes(
                    tailnet.SetRoutes(access, Device(id), ApiBody.Routes(await BodyAsync(request))))),
                _ => throw WrongMethod(),
            },
            _ => throw NoSuchPath(),
        };
    }

    private async Task<ApiAnswer> TokenAsync(HttpRequest request)
    {
        var form = await FormAsync(request);
        if (form.TryGetValue("grant_type", out var grant) && grant != "client_credentials")
        {
            throw new Refusal(400, "unsupported grant_type");
        }

        ImmutableArray<string> scopes = [.. ((string?)form["scope"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        var token = tailnet.IssueToken(form["client_id"], form["client_secret"], scopes);
        return ApiAnswer.Ok(ApiJson.Token(token));
    }

    private async Task<ApiAnswer> TokenExchangeAsync(HttpRequest request)
    {
        var form = await FormAsync(request);
        return form.Keys.Except(["client_id", "jwt"]).FirstOrDefault() is { } unknown
            ? throw new Refusal(400, $"unknown field {unknown}")
            : ApiAnswer.Ok(ApiJson.Token(tailnet.ExchangeToken(form["client_id"], form["jwt"])));
    }

    private static async Task<IFormCollection> FormAsync(HttpRequest request) => request.HasFormContentType
        ? await request.ReadFormAsync(request.HttpContext.RequestAborted)
        : throw new Refusal(400, "the body must be a form");

    private ApiAnswer ListKeys(HttpRequest request, Access access)
    {
        var (keys, clients, now) = tailnet.ListKeys(access);

        // Without all=true a trust credential's token is shown no auth keys.
        var shown = request.Query["all"] == "true" ? keys.Select(key => ApiJson.Key(key, now)) : [];
        return ApiAnswer.Ok(new JsonObject { ["keys"] = new JsonArray([.. shown.Concat(clients.Select(ApiJson.Client))]) });
    }

    private ApiAnswer CreateKey(Access access, JsonElement body)
    {
        var key = tailnet.CreateKey(access, ApiBody.KeyOrder(body));
        return ApiAnswer.Ok(ApiJson.Key(key, key.Created, withValue: true));
    }

    private ApiAnswer GetKey(Access access, string id)
    {
        if (tailnet.FindApiAccessToken(id) is { } token)
        {
            return ApiAnswer.Ok(ApiJson.ApiAccessToken(id, token));
        }

        var (keys, _, now) = tailnet.ListKeys(access);
        return keys.FirstOrDefault(key => key.Id.ToString() == id) is { } key
            ? ApiAnswer.Ok(ApiJson.Key(key, now))
            : throw new Refusal(404, "key not found");
    }

    private ApiAnswer DeleteKey(Access access, string id)
    {
        tailnet.DeleteKey(access, id);
        return ApiAnswer.Empty;
    }

    private ApiAnswer ListDevices(HttpRequest request, Access access)
    {
        var all = WantsAllFields(request);
        var filters = request.Query
            .Where(parameter => parameter.Key != "fields")
            .SelectMany(parameter => parameter.Value, (parameter, value) => (parameter.Key, Value: value ?? ""))
            .ToArray();
        var devices = tailnet.ListDevices(access)
            .Where(device => ApiJson.Device(device, all: true) is var shown && filters.All(filter => Matches(shown, filter.Key, filter.Value)))
            .Select(device => ApiJson.Device(device, all));
        return ApiAnswer.Ok(new JsonObject { ["devices"] = new JsonArray([.. devices]) });
    }

    private ApiAnswer GetDevice(HttpRequest request, Access access, string id)
    {
        var all = WantsAllFields(request);
        var device = Device(id);
        return tailnet.ListDevices(access).FirstOrDefault(shown => shown.Id == device) is { } found
            ? ApiAnswer.Ok(ApiJson.Device(found, all))
            : throw Refusal.NoSuchDevice();
    }

    private static ApiAnswer Tagged(SandboxDevice _) => ApiAnswer.Empty;

    private ApiAnswer DeleteDevice(Access access, string id)
    {
        tailnet.DeleteDevice(access, Device(id));
        return ApiAnswer.Empty;
    }

    /// <summary>By nodeId, or by the legacy number.</summary>
    private DeviceId Device(string id) =>
        int.TryParse(id, out var number) && tailnet.Devices.FirstOrDefault(device => device.Number == number) is { } known ? known.Id
        : DeviceId.TryParse(id, out var nodeId) ? nodeId
        : throw Refusal.NoSuchDevice();

    private bool IsOurs(string name) => name == "-" || name == tailnet.Name;

    /// <summary>Exact match on any field that is simple or a list.</summary>
    private static bool Matches(JsonObject device, string field, string value) => device[field] switch
    {
        null => false,
        JsonArray list => list.Any(item => item?.ToString() == value),
        JsonObject => throw new Refusal(400, $"cannot filter by {field}"),
        { } simple => simple.ToString() == value,
    };

    private static bool WantsAllFields(HttpRequest request) => (string?)request.Query["fields"] switch
    {
        "all" => true,
        null or "" or "default" => false,
        _ => throw new Refusal(400, "fields must be all or default"),
    };

    private static string? TokenOf(HttpRequest request)
    {
        var header = (string?)request.Headers.Authorization ?? "";
        if (header.StartsWith("Bearer ", StringComparison.Ordinal))
        {
            return header["Bearer ".Length..];
        }

        // HTTP Basic: the token as the user's name, no password.
        var basic = new byte[header.Length];
        return header.StartsWith("Basic ", StringComparison.Ordinal) && Convert.TryFromBase64String(header["Basic ".Length..], basic, out var length)
            ? Encoding.ASCII.GetString(basic, 0, length).TrimEnd(':')
            : null;
    }

    private static async Task<JsonElement> BodyAsync(HttpRequest request)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
            return body.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new Refusal(400, "the body is not JSON");
        }
    }

    private static Refusal NoSuchPath() => new(404, "not found");

    private static Refusal WrongMethod() => new(405, "method not allowed");
}
