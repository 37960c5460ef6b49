import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { createTransport } from "nodemailer";
import type { Alert } from "../../domain/alert.ts";
import { messageOf } from "../../domain/message.ts";
import { DAY } from "../../domain/time.ts";
import type { Channel } from "./channel.ts";
import { DeliveryRefused } from "./channel.ts";
import { emailBody } from "./email-body.ts";
import { smtpFailure } from "./smtp-failure.ts";

export interface EmailSettings {
  /** The mail server: smtp://user:password@host:port, or smtps://… for TLS from the first byte. */
  readonly smtpUrl: string;
  /** `Acme <billing@acme.example>`, or the address alone. */
  readonly from: string;
  /** What customers know the product by. */
  readonly productName: string;
  /** The customer's address, or null: none is known. Read at sending, so that it is kept in one place only (R10). */
  readonly addressOf: (alert: Alert) => Promise<string | null>;
  /** Where the customer can put things right, or null: nowhere. It must work for days: e-mail is read late. */
  readonly linkFor?: (alert: Alert) => Promise<string | null>;
}

/** How long the mail server may take in all, and how long a link is waited for, in milliseconds. */
const SEND_MS = 5_000;
const LINK_MS = 2_000;
/** After this time, what a message says may no longer be so. */
const TOO_LATE_MS = 3 * DAY;

/**
 * Messages to customers by e-mail. SMTP knows no idempotency: a message may come twice, with the same Message-ID, by
 * which mail programs show it once (R6).
 */
export function createEmailChannel(settings: EmailSettings): Channel {
  const { from, productName, addressOf, linkFor = () => Promise.resolve(null) } = settings;
  /** A message without a link is better than none. */
  const linkInTime = (alert: Alert): Promise<string | null> =>
    Promise.race([linkFor(alert), pause(LINK_MS, null, { ref: false })]).catch(() => null);
  const transport = createTransport({
    ...placeOf(settings.smtpUrl),
    connectionTimeout: SEND_MS,
    greetingTimeout: SEND_MS,
    socketTimeout: SEND_MS,
    dnsTimeout: SEND_MS,
    // All of a message is in our hands: nothing in it may make the library read a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name: "email",
    audiences: ["customer"],
    async send(alert) {
      if (Date.now() - alert.at > TOO_LATE_MS) throw new DeliveryRefused("too late: it is three days old");
      const address = await addressOf(alert);
      if (address === null) throw new DeliveryRefused("the customer has no address");
      const message = messageOf(alert, productName, await linkInTime(alert));
      if (message === null) throw new DeliveryRefused("there are no words for it");
      try {
        await transport.sendMail({
          from,
          // Not as text, which a comma would make two addresses of.
          to: { name: "", address },
          subject: message.subject,
          ...emailBody(message, productName),
          messageId: messageIdOf(alert, from),
          // No answer by a machine (RFC 3834).
          headers: { "Auto-Submitted": "auto-generated" },
          signal: AbortSignal.timeout(SEND_MS),
        });
      } catch (error) {
        throw smtpFailure(error);
      }
    },
  };
}

/** The parts of the address; a password that is given is sent over TLS only. */
function placeOf(smtpUrl: string) {
  const { protocol, hostname, port, username, password } = new URL(smtpUrl);
  const secure = protocol === "smtps:";
  const auth =
    username === "" ? null : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (secure ? 465 : 587) : Number(port),
    secure,
    ...(auth === null ? {} : { auth, requireTLS: !secure }),
  };
}

/** Made of the alert's key, so that the same message has the same id whenever it is sent (R6). */
function messageIdOf({ key }: Alert, from: string): string {
  const domain = /@([^\s<>@]+)>?$/.exec(from)?.[1] ?? "localhost";
  return `<${createHash("sha256").update(key).digest("hex").slice(0, 32)}@${domain}>`;
}
