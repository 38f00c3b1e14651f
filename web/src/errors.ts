/** Bad input, a missing file or a browser that lacks something, told in one sentence. */
export class FerliteError extends Error {
  override name = "FerliteError"
}
