using Marketplace.Kernel;

namespace Marketplace.Settlement;

/// <summary>Refusals of several use cases, and the constraints whose names are codes.</summary>
internal static class SettlementRefusals
{
    public static readonly Refusal WrongStage = new("wrong-stage", "It does not stand where this step starts.");
}
