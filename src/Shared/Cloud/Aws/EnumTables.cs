using System.Runtime.CompilerServices;
using Amazon.DynamoDBv2;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;

namespace Automation.Aws;

/// <summary>
/// Gives the SDK empty tables of the words that the answers of a launch hold. It would build each table by reflection when it first meets
/// such a word: of EC2's instance types over a thousand fields, each found by a linear search in a native binary, which takes longer than
/// all else in a cold start. With an empty table, values are made as they come.
/// </summary>
internal static class EnumTables
{
    private static readonly Lock s_lock = new();

    /// <summary>A word that is missing here only takes longer.</summary>
    private static readonly Type[] s_words =
    [
        typeof(InstanceType), typeof(ArchitectureValues), typeof(AttachmentStatus), typeof(CapacityReservationPreference), typeof(DeviceType),
        typeof(HttpTokensState), typeof(HypervisorType), typeof(InstanceMetadataEndpointState), typeof(InstanceMetadataOptionsState),
        typeof(InstanceMetadataProtocolState), typeof(InstanceMetadataTagsState), typeof(InstanceStateName), typeof(MonitoringState),
        typeof(NetworkInterfaceStatus), typeof(Tenancy), typeof(VirtualizationType), typeof(VpcCidrBlockStateCode), typeof(VpcState),
        typeof(ParameterTier), typeof(ParameterType), typeof(ReturnValuesOnConditionCheckFailure),
    ];

    /// <returns>false where this version of the SDK keeps its tables elsewhere; then it builds them itself, only slower.</returns>
    public static bool PreFill()
    {
        lock (s_lock)
        {
            try
            {
                ref var tables = ref StaticFields(null);
                if (!tables.ContainsKey(typeof(InstanceType)))
                {
                    // The SDK reads the tables without a lock, so they are replaced, never changed.
                    var filled = new Dictionary<Type, Dictionary<string, ConstantClass>>(tables);
                    foreach (var word in s_words)
                    {
                        filled.TryAdd(word, new(StringComparer.OrdinalIgnoreCase));
                    }

                    tables = filled;
                }

                return true;
            }
            catch (MissingFieldException)
            {
                return false;
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "staticFields")]
    private static extern ref Dictionary<Type, Dictionary<string, ConstantClass>> StaticFields(ConstantClass? none);
}
