using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Logistics.Consignments;

/// <summary>State of a consignment.</summary>
[DatabaseEnum("logistics.consignment_stage")]
public enum ConsignmentStage
{
    /// <summary>Put together.</summary>
    Loading,

    /// <summary>On its way, or at the buyer's unanswered.</summary>
    Dispatched,

    /// <summary>The buyer answered, or silence did.</summary>
    Received,
}

internal enum ConsignmentStep
{
    Dispatch,
    Receive,
}

/// <summary>The life of a consignment.</summary>
internal static class Consignment
{
    /// <summary>A pair that is not listed is not allowed.</summary>
    public static ConsignmentStage? Next(ConsignmentStage stage, ConsignmentStep step) => (stage, step) switch
    {
        (ConsignmentStage.Loading, ConsignmentStep.Dispatch) => ConsignmentStage.Dispatched,
        (ConsignmentStage.Dispatched, ConsignmentStep.Receive) => ConsignmentStage.Received,
        _ => null,
    };
}

/// <summary>Serial shipping container codes: 17 digits and the GS1 check digit.</summary>
internal static class Sscc
{
    /// <param name="prefix">Extension digit and company prefix, 8 digits.</param>
    /// <param name="serial">1 to 999,999,999.</param>
    public static string Of(string prefix, int serial)
    {
        var digits = $"{prefix}{serial:D9}";
        return digits + CheckDigit(digits);
    }

    /// <summary>GS1 General Specifications 7.9: weights 3 and 1 from the right, up to the next multiple of ten.</summary>
    public static int CheckDigit(string digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            sum += (digits[^(i + 1)] - '0') * (i % 2 == 0 ? 3 : 1);
        }

        return (10 - (sum % 10)) % 10;
    }
}
