// Draws the diagram again when there is something new, and copies commands. Without it the reader loads the page again
// and selects the text.
const diagram = document.getElementById('diagram')

const look = async () => {
  if (document.hidden) return
  const shown = diagram.firstElementChild.dataset.revision
  const answer = await fetch(`/stage/diagram?revision=${shown}`).catch(() => undefined)
  if (answer?.status !== 200) return
  const focused = document.activeElement?.id
  const wasAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 40
  diagram.innerHTML = await answer.text()
  localise()
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
  if (wasAtEnd) scrollTo(0, document.documentElement.scrollHeight)
}

// The server tells the time of Greenwich.
const localise = () => {
  for (const time of document.querySelectorAll('time[datetime]')) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString('en-GB')
  }
}

for (const button of document.querySelectorAll('[data-copies]')) {
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent)
    button.textContent = button.dataset.done
  })
}

localise()
if (diagram) setInterval(look, 1000)
