import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formToken, isFormToken } from "../../api/form-token.ts";
import { ageOf, eventsPage } from "../../api/pages/events.ts";
import { html } from "../../api/pages/html.ts";
import { isSameSecret } from "../../api/same-secret.ts";
import { ADMIN_TOKEN, basic, startApi } from "./support.ts";

describe("html", () => {
  it("escapes every value, in text and in attributes", () => {
    const bad = `<script>"&'`;
    expect(html`<a title="${bad}">${bad}</a>`.text).toBe(
      `<a title="&lt;script&gt;&quot;&amp;&#39;">&lt;script&gt;&quot;&amp;&#39;</a>`,
    );
  });

  it("leaves its own output alone, and shows nothing for null", () => {
    expect(html`${[html`<b>1</b>`, html`<b>${2}</b>`]}${null}`.text).toBe("<b>1</b><b>2</b>");
  });
});

describe("eventsPage", () => {
  const event = {
    provider: "stripe",
    id: "evt_1/../x?",
    type: "<img src=x>",
    payload: null,
    subject: null,
    reason: '"><script>alert(1)</script>',
    attempts: 2,
    subscriptionId: null,
    receivedAt: 0,
    processedAt: null,
  } as const;
  const view = { limit: 100, state: null, notice: null, formToken: "t", now: 90_000 };

  it("shows what strangers wrote as text, and keeps ids inside their part of the address", () => {
    const page = eventsPage({ ...view, events: [{ ...event, state: "parked" }] }).text;
    expect(page).not.toMatch(/<script|<img/);
    expect(page).toContain("/admin/webhooks/stripe/evt_1%2F..%2Fx%3F/replay");
    expect(page).toContain("1 min 30 s");
  });

  it("offers no ignoring of what has ended", () => {
    const states = ["received", "parked", "applied", "ignored"] as const;
    const offered = states.filter((state) =>
      eventsPage({ ...view, events: [{ ...event, state }] }).text.includes("/ignore"),
    );
    expect(offered).toEqual(["received", "parked"]);
  });

  it("says that there may be more than are shown", () => {
    const events = [{ ...event, state: "applied" }] as const;
    expect(eventsPage({ ...view, events }).text).not.toContain("newest");
    expect(eventsPage({ ...view, events, limit: 1 }).text).toContain("The newest 1 are shown.");
  });

  it.each([
    [0, "0 s"],
    [59_999, "59 s"],
    [3_600_000, "1 h"],
    [90_061_000, "1 d 1 h"],
    [-5, "0 s"],
  ])("writes the age %i ms as %s", (ms, words) => {
    expect(ageOf(ms)).toBe(words);
  });
});

describe("/admin/webhooks", () => {
  let api: Awaited<ReturnType<typeof startApi>>;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.stop());

  it.each([undefined, basic("wrong"), basic(""), "Basic !", `Bearer ${ADMIN_TOKEN}`])(
    "asks a browser to sign in on %s",
    async (value) => {
      const response = await fetch(`${api.url}/admin/webhooks`, {
        headers: value === undefined ? {} : { Authorization: value },
      });
      expect(response.status).toBe(401);
      expect(response.headers.get("WWW-Authenticate")).toContain("Basic");
      expect(response.headers.get("Cache-Control")).toBe("no-store");
    },
  );

  it("does nothing on a form of another site", async () => {
    const statuses: number[] = [];
    for (const token of ["", formToken("another token"), formToken(ADMIN_TOKEN)]) {
      const response = await fetch(`${api.url}/admin/webhooks/stripe/evt_1/replay`, {
        method: "POST",
        headers: { Authorization: basic(ADMIN_TOKEN) },
        body: new URLSearchParams({ token }),
      });
      statuses.push(response.status);
    }
    // The right one gets as far as Postgres, which is not there.
    expect(statuses).toEqual([403, 403, 503]);
  });
});

describe("secrets", () => {
  it("are the same only when they are, and an unset one is nobody's", () => {
    expect(isSameSecret("a", "a")).toBe(true);
    expect(isSameSecret("a", "b")).toBe(false);
    expect(isSameSecret("", "")).toBe(false);
    expect(isFormToken(formToken("a"), "a")).toBe(true);
  });
});
