namespace Automation.Aws;

/// <summary>An AWS service as people know it, and the word before the colon in its IAM actions.</summary>
internal sealed record AwsService(string Name, string ActionPrefix)
{
    public static readonly AwsService AutoScaling = new("Auto Scaling", "autoscaling");

    public static readonly AwsService DynamoDb = new("DynamoDB", "dynamodb");

    public static readonly AwsService Ec2 = new("EC2", "ec2");

    public static readonly AwsService Resolver = new("Route 53 Resolver", "route53resolver");

    public static readonly AwsService Route53 = new("Route 53", "route53");

    public static readonly AwsService Sqs = new("SQS", "sqs");

    public static readonly AwsService Ssm = new("SSM", "ssm");

    public static readonly AwsService Sts = new("STS", "sts");
}

/// <summary>With whose permissions a call is made, for the remedy in a message.</summary>
/// <param name="MemberRole">The role assumed in the scope's account; null where the function's own role is used.</param>
internal sealed record AwsIdentity(Scope Scope, string? MemberRole)
{
    /// <summary>Who calls, where it is neither; null where it is.</summary>
    public string? Caller { get; init; }

    public string RoleForPeople => Caller ?? (MemberRole is null ? "the role of the function" : $"the role {MemberRole} of account {Scope.Account}");
}
