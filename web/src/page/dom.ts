/** The few things that the page needs of the DOM. */

/** The element of the page with this id. */
export function the<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found as unknown as T
}

/** A new element with properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children)
  return element
}

/** Custom properties of CSS; style attributes would need a weaker Content-Security-Policy. */
export function style(element: HTMLElement, properties: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(properties)) {
    element.style.setProperty(`--${name}`, String(value))
  }
}

/** An icon of the page. */
export function icon(name: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg"
  const svg = document.createElementNS(space, "svg")
  const use = document.createElementNS(space, "use")
  use.setAttribute("href", `#i-${name}`)
  svg.append(use)
  return svg
}

/** Put a file into the person's downloads. */
export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  make("a", { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
