using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Marketplace.Cli.Audit;
using Marketplace.Kernel;
using Xunit.Abstractions;

namespace Marketplace.Tests.Kernel;

public sealed class LogCheckTests(ITestOutputHelper output)
{
    private static readonly string[] Pieces = ["", "\n", "-", "a\nb", "кк", "x\0y", "4", "\0\0\0\u0004"];
    private static readonly Gen<string> Nasty = Gen.Int[0, 7].Select(at => Pieces[at]).Array[0, 4].Select(string.Concat);

    private static readonly Gen<LoggedEvent> AnyRow =
        from numbers in Gen.Select(Gen.Long, Gen.Long, Gen.Int)
        from texts in Gen.Select(Nasty, Nasty, Nasty)
        from people in Gen.Select(Gen.Guid.Nullable(), Gen.Guid.Nullable(), Gen.Guid)
        from previous in Gen.Bool
        select new LoggedEvent(
            0, numbers.Item1, numbers.Item2, texts.Item1, people.Item3, numbers.Item3, texts.Item2, Hash(texts.Item3),
            new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero), previous ? Hash("before") : "", "", people.Item1, people.Item2);

    /// <summary>What is hashed can be read back into the row, so two rows never have one input.</summary>
    [Fact]
    public void No_two_rows_are_hashed_alike() => AnyRow.Sample(row =>
    {
        var input = row.Input().AsSpan();
        var read = row with
        {
            Id = BinaryPrimitives.ReadInt64BigEndian(input),
            Transaction = BinaryPrimitives.ReadInt64BigEndian(input[8..]),
            Stream = new Guid(input[16..32], bigEndian: true),
            Number = BinaryPrimitives.ReadInt32BigEndian(input[32..]),
            RecordedAt = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMicroseconds(BinaryPrimitives.ReadInt64BigEndian(input[36..])),
            PayloadHash = Convert.ToHexStringLower(input[44..76]),
        };
        var fields = new List<byte[]>();
        for (var rest = input[76..]; rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            fields.Add(rest[4..(4 + length)].ToArray());
            rest = rest[(4 + length)..];
        }

        Assert.Equal(5, fields.Count);
        Assert.Equal(row, read with
        {
            PreviousHash = Convert.ToHexStringLower(fields[0]),
            Actor = fields[1].Length == 0 ? null : new Guid(fields[1], bigEndian: true),
            ActingFor = fields[2].Length == 0 ? null : new Guid(fields[2], bigEndian: true),
            Tenant = Encoding.UTF8.GetString(fields[3]),
            Type = Encoding.UTF8.GetString(fields[4]),
        });
    });

    [Fact]
    public void A_genuine_log_passes()
    {
        var log = new MadeLog(2_000);
        Assert.Null(Verify([.. log.Rows.Select(row => row.Line())], log.Checkpoints));
        Assert.Null(Verify([.. log.Rows.Select(row => (row with { Payload = null }).Line())], log.Checkpoints));
        Assert.Null(Verify([.. log.Rows.Select(row => row.Line())], [log.Checkpoints[^1]]));
    }

    [Fact]
    public void A_thousand_of_a_thousand_changes_of_the_file_are_found()
    {
        var log = new MadeLog(300);
        var chance = new Random(62_1962);
        for (var i = 0; i < 1_000; i++)
        {
            List<LoggedEvent> rows = [.. log.Rows];
            var at = chance.Next(rows.Count);
            var what = chance.Next(16);
            Tamper(rows, at, what, chance);
            if (chance.Next(2) == 0)
            {
                // A careful forger numbers the rows anew.
                rows = [.. rows.Select((row, place) => row with { Position = place })];
            }

            var finding = Verify([.. rows.Select(row => row.Line())], log.Checkpoints);
            Assert.True(finding is not null, $"change {what} of row {at} was not found");
            if (what < 12)
            {
                Assert.Equal(at, finding.Position);
            }
        }
    }

    /// <summary>Somebody who writes every hash anew has a log that hangs together, but not the published one.</summary>
    [Fact]
    public void A_forger_who_chains_everything_anew_is_betrayed_by_the_root()
    {
        var log = new MadeLog(300);
        for (var at = 0; at < 300; at += 7)
        {
            var forged = new MadeLog(300, forgedAt: at);
            var finding = Verify([.. forged.Rows.Select(row => row.Line())], log.Checkpoints);
            Assert.Equal(LogFault.OtherRoot, finding!.Fault);
            Assert.InRange(at, finding.Position, finding.Position + 99);
        }
    }

    [Fact]
    public void A_changed_checkpoint_is_no_checkpoint()
    {
        var log = new MadeLog(100);
        var lines = log.Rows.Select(row => row.Line()).ToArray();
        var last = log.Checkpoints[^1];
        foreach (var bad in (AuditCheckpoint[])[
            last with { Size = 99 }, last with { Root = Hash("other") }, last with { TakenAt = last.TakenAt.AddDays(1) }, last with { KeyId = "0123456789abcdef" },
            last with { Origin = "marketplace-audit/other" }, last with { Signature = "AAAA" }, last with { PublicKey = "no key" }])
        {
            Assert.Equal(LogFault.BadCheckpoint, Verify(lines, [bad])!.Fault);
        }

        Assert.Equal(LogFault.BadCheckpoint, Verify(lines, [])!.Fault);
    }

    [LongFact]
    public void A_million_events_are_verified()
    {
        var file = Path.GetTempFileName();
        try
        {
            var log = new MadeLog(1_000_000, every: 50_000);
            File.WriteAllLines(file, log.Rows.Select(row => (row with { Payload = null }).Line()));
            var start = TimeProvider.System.GetTimestamp();
            var (check, finding) = AuditCommand.OfFile(file, log.Checkpoints);
            output.WriteLine($"1,000,000 events verified in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.0} s");
            Assert.Null(finding);
            Assert.Equal(1_000_000, check.Size);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static LogFinding? Verify(string[] lines, IReadOnlyList<AuditCheckpoint> roots)
    {
        var check = new LogCheck(roots);
        return check.Begin() ?? lines.Select(check.AddLine).FirstOrDefault(finding => finding is not null) ?? check.End();
    }

    private static void Tamper(List<LoggedEvent> rows, int at, int what, Random chance)
    {
        var row = rows[at];
        switch (what)
        {
            case 0: rows[at] = row with { Id = row.Id + 1_000_000 }; break;
            case 1: rows[at] = row with { Transaction = row.Transaction + 1_000_000 }; break;
            case 2: rows[at] = row with { Tenant = "other" }; break;
            case 3: rows[at] = row with { Stream = Guid.NewGuid() }; break;
            case 4: rows[at] = row with { Number = row.Number + 1 + chance.Next(5) }; break;
            case 5: rows[at] = row with { Type = row.Type + "s" }; break;
            case 6: rows[at] = row with { Payload = row.Payload + " " }; break;
            case 7: rows[at] = row with { PayloadHash = Hash("other"), Payload = null }; break;
            case 8: rows[at] = row with { Actor = row.Actor is null ? Guid.NewGuid() : null }; break;
            case 9: rows[at] = row with { ActingFor = row.ActingFor is null ? Guid.NewGuid() : null }; break;
            case 10: rows[at] = row with { RecordedAt = row.RecordedAt.AddTicks(1) }; break;
            case 11: rows[at] = row with { PreviousHash = Hash("other") }; break;
            case 12: rows.RemoveAt(at); break;
            case 13: rows.Insert(at, row); break;
            case 14: (rows[at], rows[(at + 1) % rows.Count]) = (rows[(at + 1) % rows.Count], row); break;
            default:
                var added = row with { Stream = Guid.NewGuid(), Number = 1, PreviousHash = "", Id = row.Id + 1 };
                rows.Insert(at + 1, added with { Hash = Convert.ToHexStringLower(added.Digest()) });
                break;
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>A log as the product writes it: streams side by side, two events of one now and then in the other order of transactions.</summary>
    private sealed class MadeLog
    {
        private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public MadeLog(int size, int forgedAt = -1, int every = 100)
        {
            var heads = new Dictionary<int, (int Number, string Hash)>();
            for (var at = 0; at < size; at++)
            {
                var stream = at / 3 % 997;
                var (number, hash) = heads.GetValueOrDefault(stream, (0, ""));
                var payload = at == forgedAt ? """{"granted":true}""" : $$"""{"n":{{at}}}""";
                var row = new LoggedEvent(
                    at, 2 * at, at % 3 == 0 ? 2 * at : 2 * (at - (at % 3)) + 6 - (at % 3), "demo", new Guid(stream, 0, 0, new byte[8]), number + 1, "Something", Hash(payload),
                    new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero).AddSeconds(at), hash, "", at % 2 == 0 ? null : new Guid(at, 1, 0, new byte[8]),
                    at % 5 == 0 ? new Guid(at, 2, 0, new byte[8]) : null, payload);
                row = row with { Hash = Convert.ToHexStringLower(row.Digest()) };
                heads[stream] = (row.Number, row.Hash);
                Rows.Add(row);
            }

            Rows = [.. Rows.OrderBy(row => row.Transaction).ThenBy(row => row.Id).Select((row, place) => row with { Position = place })];
            var tree = new MerkleTree();
            foreach (var row in Rows)
            {
                tree.Add(Merkle.Leaf(Convert.FromHexString(row.Hash)));
                if (tree.Size % every == 0 || tree.Size == size)
                {
                    Checkpoints.Add(Signed(Checkpoints.Count + 1, tree));
                }
            }
        }

        public List<LoggedEvent> Rows { get; private set; } = [];

        public List<AuditCheckpoint> Checkpoints { get; } = [];

        private static AuditCheckpoint Signed(int number, MerkleTree tree)
        {
            var at = new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero).AddDays(number);
            var (root, origin, publicKey) = (Convert.ToHexStringLower(tree.Root), AuditCheckpoint.OriginOf("demo"), Key.ExportSubjectPublicKeyInfo());
            return new AuditCheckpoint(number, origin, tree.Size, root, at, AuditCheckpoint.KeyIdOf(publicKey), Convert.ToBase64String(publicKey),
                Convert.ToBase64String(Key.SignData(AuditCheckpoint.Text(origin, tree.Size, root, at), HashAlgorithmName.SHA256)));
        }
    }
}

/// <summary>A heavy proof.</summary>
public sealed class LongFactAttribute : FactAttribute
{
    public LongFactAttribute() => Skip = Environment.GetEnvironmentVariable("MARKETPLACE_LONG") == "true" ? null : "Runs under ./infra/test --long.";
}
