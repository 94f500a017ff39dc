using System.Text;

namespace Automation.EndToEnd;

public sealed partial class MotoRegion
{
    /// <summary>A trail of this Region that records what its selectors say; switched off.</summary>
    /// <param name="selectors">The parameters of <c>PutEventSelectors</c> beside the trail's name, as JSON; null for AWS's own, which are all management events.</param>
    public async Task CreateTrailAsync(string name, string? selectors = null)
    {
        var bucket = $"{name}-{Account.Id}";
        using var made = new HttpRequestMessage(HttpMethod.Put, new Uri(_control.Moto, bucket))
        {
            Content = new StringContent($"<CreateBucketConfiguration><LocationConstraint>{Name}</LocationConstraint></CreateBucketConfiguration>"),
        };
        await SendTextAsync(made, "s3", Name);
        await TrailAsync("CreateTrail", $$"""{"Name":"{{name}}","S3BucketName":"{{bucket}}"}""");
        if (selectors is not null)
        {
            await TrailAsync("PutEventSelectors", $$"""{"TrailName":"{{name}}",{{selectors}}}""");
        }
    }

    public Task SwitchTrailOnAsync(string name) => TrailAsync("StartLogging", $$"""{"Name":"{{name}}"}""");

    private async Task TrailAsync(string operation, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _control.Moto)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/x-amz-json-1.1"),
        };
        request.Headers.Add("X-Amz-Target", $"com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}");
        await SendTextAsync(request, "cloudtrail", Name);
    }
}
