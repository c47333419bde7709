using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Settlement.Payments;

/// <summary>What a buyer is asked to pay.</summary>
/// <param name="Request">Our id of the request; the partner gets it as the idempotency key.</param>
/// <param name="Tenant">The operator.</param>
/// <param name="Invoice">The invoice.</param>
/// <param name="Number">Its number.</param>
/// <param name="Amount">What is open.</param>
internal sealed record PaymentToAsk(PaymentRequestId Request, string Tenant, InvoiceId Invoice, string Number, Money Amount);

/// <summary>The way a buyer's money comes in. Called outside any transaction.</summary>
internal interface IPaymentGateway
{
    /// <summary><c>bank</c> or <c>stripe</c>.</summary>
    string Name { get; }

    /// <summary>Prepares the payment; gives back what the partner calls it, or null when the buyer just transfers the money.</summary>
    Task<Outcome<string?>> Ask(PaymentToAsk payment, CancellationToken cancel);
}

/// <summary>The default: the buyer transfers to the seller's account and names the invoice; the seller records what its statement shows.</summary>
internal sealed class ManualBankTransfer : IPaymentGateway
{
    public string Name => "bank";

    public Task<Outcome<string?>> Ask(PaymentToAsk payment, CancellationToken cancel) => Task.FromResult<Outcome<string?>>((string?)null);
}
