import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";

/** One e-mail as the mail server took it. */
interface ReceivedMail {
  readonly to: string;
  readonly messageId: string;
  /** Head and body, the soft line breaks taken out. */
  readonly raw: string;
}

export interface Mail {
  /** For SMTP_URL. */
  readonly url: string;
  /** In the order of taking; one that came twice is there twice. */
  readonly taken: readonly ReceivedMail[];
  /** The commands that give a password away. */
  readonly logins: readonly string[];
  /** `hang`: it says nothing once it has the message. A number and words: its answer at that command. */
  behave(how: "take" | "hang" | { readonly at: "RCPT TO" | "DATA"; readonly answer: string }): void;
  stop(): Promise<void>;
}

/** A mail server of the test's own, which knows no TLS. */
export async function startMail(): Promise<Mail> {
  const taken: ReceivedMail[] = [];
  const logins: string[] = [];
  let how: Parameters<Mail["behave"]>[0] = "take";
  const refusal = (at: "RCPT TO" | "DATA"): Error | null => {
    if (typeof how === "string" || how.at !== at) return null;
    const [, code, words] = /^(\d+) (.*)$/.exec(how.answer) ?? [];
    return Object.assign(new Error(words), { responseCode: Number(code) });
  };
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    authOptional: true,
    onAuth(auth, _session, answer) {
      logins.push(auth.method);
      answer(null, { user: auth.username });
    },
    onRcptTo: (_address, _session, answer) => answer(refusal("RCPT TO")),
    onData(stream, session, answer) {
      void (async () => {
        const raw = (await text(stream)).replaceAll("=\r\n", "");
        const refused = refusal("DATA");
        if (how === "hang") return;
        if (refused !== null) return answer(refused);
        const [to] = session.envelope.rcptTo;
        const [, messageId = ""] = /^Message-ID: (.*)\r$/m.exec(raw) ?? [];
        taken.push({ to: to?.address ?? "", messageId, raw });
        answer();
      })();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the mail server has no port");
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    taken,
    logins,
    behave(next) {
      how = next;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
