/** Made by the build from the files themselves: what the model files are called and what is in them. */
declare module "virtual:models" {
  const models: Record<string, { file: string; bytes: number; sha256: string }>
  export default models
}
