// With .NET 10: WEBHOOK_SECRET=whsec_... dotnet run Verify.cs -- "$ID" "$TIMESTAMP" "$SIGNATURE" < body.json
// Before .NET 10 the file is the Program.cs of a console project.
using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

using var input = new MemoryStream();
Console.OpenStandardInput().CopyTo(input);
bool ok = Webhook.Verified(args[0], args[1], args[2], input.ToArray());
Console.WriteLine(ok ? "verified" : "not verified");
return ok ? 0 : 1;

static class Webhook
{
    const long Tolerance = 5 * 60; // seconds

    // Whether it was sent just now by who holds the secret. The body is the bytes that came, before any parsing:
    // in ASP.NET copy Request.Body into a MemoryStream.
    public static bool Verified(string id, string timestamp, string signatures, byte[] body)
    {
        string secret = Environment.GetEnvironmentVariable("WEBHOOK_SECRET") ?? "";
        byte[] key = Convert.FromBase64String(secret.StartsWith("whsec_") ? secret.Substring(6) : secret);
        if (key.Length < 16)
            throw new InvalidOperationException("Set WEBHOOK_SECRET to the secret, whsec_...");
        if (!long.TryParse(timestamp, out long sent))
            return false;
        long age = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - sent;
        if (age > Tolerance || age < -Tolerance)
            return false;
        byte[] signed = Encoding.UTF8.GetBytes($"{id}.{timestamp}.").Concat(body).ToArray();
        string signature = "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed));
        byte[] expected = Encoding.UTF8.GetBytes(signature);
        // While the secret is rotated there are several signatures, with blanks between them: one has to match.
        return signatures.Split(' ').Any(
            one => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), expected));
    }
}
