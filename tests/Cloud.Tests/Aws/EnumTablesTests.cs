using Amazon.EC2;

namespace Automation.Aws;

public sealed class EnumTablesTests
{
    [Fact]
    public void Fills_the_table_of_the_pinned_SDK_and_values_still_compare()
    {
        Assert.True(EnumTables.PreFill());

        Assert.Equal(InstanceType.T4gNano, InstanceType.FindValue("t4g.nano"));
        Assert.Equal("zz9.huge", InstanceType.FindValue("zz9.huge").Value);

        // Made on demand: the SDK's own table would have handed out the field's object.
        Assert.NotSame(InstanceType.T4gNano, InstanceType.FindValue("t4g.nano"));
    }
}
