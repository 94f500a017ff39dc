using System.Text;
using Automation.Plans;
using static Automation.Aws.AnAccount;

namespace Automation.Aws;

public sealed class AwsHttpTests : IDisposable
{
    private const string Ec2 = "POST https://ec2.eu-west-1.amazonaws.com/";
    private const string NoVpcs = "<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId><vpcSet/></DescribeVpcsResponse>";

    private readonly FakeAws _aws = new();

    public void Dispose() => _aws.Done();

    [Fact]
    public async Task Takes_an_answer_up_to_the_limit()
    {
        _aws.On(Ec2).Xml(NoVpcs);

        Assert.Null((await DescribeAsync(NoVpcs.Length)).Problem);
    }

    [Fact]
    public async Task An_answer_beyond_the_limit_is_none()
    {
        for (var tries = 0; tries < 3; tries++)
        {
            _aws.On(Ec2).Xml(NoVpcs);
        }

        var failed = await Assert.ThrowsAsync<CallFailedException>(() => DescribeAsync(NoVpcs.Length - 1));

        Assert.Contains("longer than any of AWS's", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Parameters":[],"InvalidParameters":["a"]}""", null)]
    [InlineData("""{"Parameters":["a"],"InvalidParameters":["a"]""", "it is no JSON")]
    [InlineData("""{"Parameters":[],"InvalidParameters":["a"]}}""", "it is no JSON")]
    [InlineData("{\"P\u00ff\":[],\"Parameters\":[],\"InvalidParameters\":[\"a\"]}", "it is no UTF-8")]
    public async Task JSON_is_an_answer_only_where_it_is_JSON(string answer, string? problem)
    {
        _aws.On("POST https://ssm.eu-west-1.amazonaws.com/").Json(answer, Encoding.Latin1);
        using var http = new AwsHttp(_aws, AwsHttp.LongestAnswer);

        var failed = await Record.ExceptionAsync(() => Clients(_aws, http: http).In(Home).Ssm.ParameterExistsAsync("a", Stopping));

        Assert.Equal(problem is null ? null : $"SSM GetParameters failed (unreadable): the answer cannot be read: {problem}", failed?.Message);
    }

    private async Task<Listing<Vpc>> DescribeAsync(int longestAnswer)
    {
        using var http = new AwsHttp(_aws, longestAnswer);
        return await Clients(_aws, http: http).In(Home).Ec2.DescribeVpcsAsync(null, Stopping);
    }
}
