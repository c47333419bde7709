namespace Marketplace.Tests.Settlement;

/// <summary>Bodies and signatures as Stripe's public fixtures have them (MIT licence, Stripe, Inc.), in a form of our own.</summary>
internal static class RecordedStripe
{
    public const string Secret = "whsec_test_dev_0123456789abcdef";

    /// <summary>A payment intent as it is answered.</summary>
    public static string Intent(string id, long amount, string currency, string metadata) => $$"""
        {"id": "{{id}}", "object": "payment_intent", "amount": {{amount}}, "currency": "{{currency}}", "status": "requires_payment_method",
         "customer": null, "description": null, "payment_method": null, "metadata": {{metadata}}, "created": 1795559822, "livemode": false}
        """;

    public const string Declined = """
        {"error": {"code": "card_declined", "decline_code": "insufficient_funds", "message": "Your card has insufficient funds.", "type": "card_error"}}
        """;

    public const string KeyReused = """
        {"error": {"type": "idempotency_error", "message": "Keys for idempotent requests can only be used with the same parameters they were first used with."}}
        """;

    public const string TooMany = """
        {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Request rate limit exceeded."}}
        """;

    public const string Broken = """
        {"error": {"type": "api_error", "message": "An unknown error occurred"}}
        """;

    /// <summary>Header, clock in Unix seconds, whether it holds for <see cref="Succeeded"/>.</summary>
    public static TheoryData<string, long, bool> Signatures => new()
    {
        { "t=1735689605,v1=c4cd3f3360df56888a9681be612b7fd4d22e7dc9848fdd2c2e954b576aae9b14,v0=fd4cd1eb8c1d803a589f84eaacbbbc3177d8d7cfba31452629d443f41d51fa8c", 1735689606, true },
        { "t=1735689605,v1=04cd3f3360df56888a9681be612b7fd4d22e7dc9848fdd2c2e954b576aae9b14", 1735689606, false },
        { "t=1735689605,v1=c4cd3f3360df56888a9681be612b7fd4d22e7dc9848fdd2c2e954b576aae9b14", 1735689906, false },
    };

    /// <summary>An event, byte for byte: the signatures are over these bytes.</summary>
    public const string Succeeded = """
{
  "id": "evt_AbOnalMomffNl9tHMJiNwK8u",
  "object": "event",
  "api_version": "2025-01-27.acacia",
  "created": 1735689600,
  "data": {
    "object": {
      "amount": 1099,
      "amount_capturable": 0,
      "amount_details": {
        "tip": {}
      },
      "amount_received": 0,
      "application": null,
      "application_fee_amount": null,
      "automatic_payment_methods": {
        "enabled": true
      },
      "canceled_at": 1234567890,
      "cancellation_reason": null,
      "capture_method": "automatic",
      "client_secret": "pi_1PgafyB7WZ01zgkWSjxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM",
      "confirmation_method": "automatic",
      "created": 1234567890,
      "currency": "usd",
      "customer": null,
      "description": null,
      "id": "pi_1PgafyB7WZ01zgkWSjxsAJo3",
      "last_payment_error": {
        "type": "idempotency_error"
      },
      "latest_charge": null,
      "livemode": false,
      "metadata": {},
      "next_action": {
        "type": "type"
      },
      "object": "payment_intent",
      "on_behalf_of": null,
      "payment_method": null,
      "payment_method_configuration_details": {
        "id": "obj_123",
        "parent": null
      },
      "payment_method_options": {},
      "payment_method_types": [
        "card"
      ],
      "processing": {
        "type": "card"
      },
      "receipt_email": null,
      "review": null,
      "setup_future_usage": null,
      "shipping": {},
      "statement_descriptor": null,
      "statement_descriptor_suffix": null,
      "status": "succeeded",
      "transfer_data": {
        "destination": {
          "id": "obj_123",
          "object": "account"
        }
      },
      "transfer_group": null,
      "source": null,
      "excluded_payment_method_types": null,
      "customer_account": null,
      "managed_payments": {
        "enabled": true
      }
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": null,
    "idempotency_key": null
  },
  "type": "payment_intent.succeeded"
}
""";
}
