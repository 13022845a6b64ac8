// Where a hidden frame ends. It hands the answer to the page around it, which is this app's own or gets nothing.
parent.postMessage((location.hash || location.search).slice(1), location.origin)
