import { createHmac } from "node:crypto";
import { isSameSecret } from "./same-secret.ts";

/**
 * Proves that a form was on a page of ours: a browser sends an operator's password with other sites' forms too, but
 * those sites cannot read this (works behind any proxy, unlike a comparison of origins).
 */
export const formToken = (adminToken: string): string =>
  createHmac("sha256", adminToken).update("perennial: forms of the admin pages").digest("hex");

export const isFormToken = (given: string, adminToken: string): boolean =>
  isSameSecret(given, formToken(adminToken));
