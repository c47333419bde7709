using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Invoices;
using Marketplace.Settlement.Ledger;
using Marketplace.Settlement.Payments;
using Marketplace.Settlement.Payouts;
using Marketplace.Settlement.Statements;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Settlement;

/// <summary>Invoices on received goods, the ledger, payments and payouts.</summary>
public static class SettlementModule
{
    /// <summary>Registers the module.</summary>
    public static IServiceCollection AddSettlement(this IServiceCollection services)
    {
        services.AddValidation();
        services.Subscribe<InvoiceWhenReceived, ReceiptRecorded>();
        services.AddSingleton(provider => new StripeWebhookSecret(Setting(provider, "MARKETPLACE_STRIPE_WEBHOOK_SECRET")));
        services.AddSingleton<IPaymentGateway>(provider => Setting(provider, "MARKETPLACE_STRIPE_KEY") is { } key
            ? new StripeGateway(
                new StripeSettings(key, Setting(provider, "MARKETPLACE_STRIPE_API")), new HttpClient { Timeout = TimeSpan.FromSeconds(20) },
                provider.GetRequiredService<ILogger<StripeGateway>>())
            : new ManualBankTransfer());
        foreach (var (code, sentence) in Constraints)
        {
            services.AddSingleton(new ConstraintRefusal(code, sentence));
        }

        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapSettlement(this IEndpointRouteBuilder routes)
    {
        var invoices = routes.Noun("/invoices", "Invoices");
        ListInvoices.Map(invoices);
        ReadInvoice.Map(invoices);
        RequestPayment.Map(invoices);

        RecordPayment.Map(routes.Noun("/payments", "Payments"));
        ReceiveStripeEvent.Map(routes.Noun("/payment-events", "Payments"));

        var batches = routes.Noun("/payout-batches", "Payouts");
        PreparePayoutBatch.Map(batches);
        ReadPayoutBatch.Map(batches);
        ApprovePayoutBatch.Map(batches);
        ReadBankFile.Map(batches);
        ExecutePayoutBatch.Map(batches);

        var payouts = routes.Noun("/payouts", "Payouts");
        ListPayouts.Map(payouts);
        HandOutCash.Map(payouts);
        CountersignCash.Map(payouts);

        ReadTrialBalance.Map(routes.Noun("/trial-balance", "Ledger"));
        ReadHouseholdStatement.Map(routes.Noun("/households", "Households"));
    }

    /// <summary>Constraints of the schema whose violation people can cause.</summary>
    private static readonly (string Code, string Sentence)[] Constraints =
    [
        ("own-work", "Nobody approves their own work; another person must."),
        ("overpaid", RecordPayment.Overpaid),
        ("payment-known", RecordPayment.Known),
        ("execution-known", "This bank reference belongs to another batch."),
        ("receipt-known", "This receipt was used before."),
        ("wrong-stage", SettlementRefusals.WrongStage.Sentence),
    ];

    private static string? Setting(IServiceProvider provider, string name) =>
        provider.GetRequiredService<IConfiguration>()[name] is { Length: > 0 } value ? value : null;
}
